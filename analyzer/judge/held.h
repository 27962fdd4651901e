/* Occurrences that a rule holds back, a list for each thread: what the thread does next shows whether to report them.
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
	struct held *held; /* n of them, at least 1 */
	size_t n, cap;
	UT_hash_handle hh;
};

/* The occurrences held for the current thread; NULL: none. `memory` belongs to the rule. */
struct held_thread *held_find(void *memory, const struct moment *moment);

/* Holds an occurrence, of which the current call is an instance. */
void held_add(void **memory, const struct moment *moment, const struct occurrence *occurrence);

/* Fires the occurrences held for a thread, except those of the numbers from `low` to `high`, which are dropped. */
void held_let_go(struct judge *judge, void **memory, struct held_thread *thread, int64_t low, int64_t high);

/* The same for everything held for a thread, and for all threads. */
static inline void held_fire(struct judge *judge, void **memory, struct held_thread *thread)
{
	held_let_go(judge, memory, thread, 0, -1);
}
void held_finish(struct judge *judge, void **memory);

#endif
