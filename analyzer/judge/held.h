/* Occurrences that a rule holds back, a list for each thread: whether they are to be told shows in what the thread does next.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_HELD_H
#define SOCKSAN_ANALYZER_JUDGE_HELD_H

#include "analyzer/judge/rule.h"

struct held {
	struct occurrence occurrence; /* owns its strings */
	int64_t fd;
	char *local, *peer;
};

struct held_thread {
	struct {
		const struct traced_process *process;
		int64_t tid;
	} key;
	struct held *held; /* n of them, 1 at least */
	size_t n, cap;
	UT_hash_handle hh;
};

/* What is held of the thread at hand; NULL: nothing. `memory` is the rule's own. */
struct held_thread *held_find(void *memory, const struct moment *moment);

/* Holds what the call at hand is an occurrence of. */
void held_add(void **memory, const struct moment *moment, const struct occurrence *occurrence);

/* Fires what is held of a thread but for the numbers from `low` to `high`, which is dropped. */
void held_let_go(struct judge *judge, void **memory, struct held_thread *thread, int64_t low, int64_t high);

/* The same with all that is held of a thread, and of all threads. */
static inline void held_fire(struct judge *judge, void **memory, struct held_thread *thread)
{
	held_let_go(judge, memory, thread, 0, -1);
}
void held_finish(struct judge *judge, void **memory);

#endif
