/* What a report cannot know, and why: unrecorded events are no clean bill of health.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INCOMPLETE_H
#define SOCKSAN_ANALYZER_INCOMPLETE_H

#include "analyzer/replay/replay.h"
#include "shim/model/board.h"

/* One reason, with all the processes that it applies to. */
struct incomplete {
	const char *why; /* a word of report.schema.json */
	int64_t pid;	 /* if it is one process; -1: several, or an unknown one */
	uint64_t count;	 /* of events, lines, ends or processes, depending on `why`; 0: unknown */
	char *message;
};

struct incompletes {
	struct incomplete *list;
	size_t n, cap;
};

/* Finds the reasons; `torn` is the number of torn lines, `board` may be NULL. `first_hand`: the traces are as their processes left them, so
 * that one without an end lacks only what became of what was open. Otherwise it may have been cut. */
void incomplete_find(struct incompletes *all, const struct traced_process *processes, uint64_t torn,
		     const struct board *board, bool first_hand);

/* Adds a copy. */
void incomplete_add(struct incompletes *all, const struct incomplete *one);

/* By reason, process, count and message, for an order that depends on nothing else. */
int incomplete_compare(const void *a, const void *b);

/* Whether it is a valid reason. */
bool incomplete_is_word(const char *why);

void incomplete_free(struct incompletes *all);

#endif
