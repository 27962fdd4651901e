/* The lives of descriptors over time, recorded while the traces are read, for reports that draw them.
 *
 * Memory is bounded: if there are very many lives, those that were closed and that no violation names are thinned out evenly, and for each
 * life only the first calls and the last one are kept.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LIFELINES_H
#define SOCKSAN_ANALYZER_LIFELINES_H

#include "analyzer/replay/lives.h"

enum { LIFELINE_LIVES = 100000, LIFELINE_MARKS = 24, LIFELINE_STRAYS = 10000 };

/* A call, or several equal ones in a row, of which the first is kept. */
struct lifeline_mark {
	const char *op, *error, *violation; /* error is NULL if it did not fail, violation if it was not a misuse */
	const struct stack_ref *stack;
	int64_t t, tid, fd;
	uint32_t count;
	enum state to; /* the state of the descriptor after it */
};

struct lifeline {
	struct lifeline_key {
		const struct traced_process *process;
		int64_t sock;
	} key;
	enum kind kind;
	bool made, leaked, misused, over;
	const struct stack_ref *opened;
	const char *opened_op, *family, *type, *cookie;
	char *local, *peer;
	int64_t t, t_end, tid, fd; /* t_end: 0 while it is open */
	int64_t rx, tx;		   /* the last known; below 0: never */
	enum state state;	   /* the last known */
	uint32_t omitted;	   /* calls before the last */
	size_t n, cap;
	struct lifeline_mark *marks;
	UT_hash_handle hh;
};

/* A misuse of a number that was never a descriptor. */
struct lifeline_stray {
	const struct traced_process *process;
	struct lifeline_mark mark;
};

struct lifelines {
	struct lifeline *lives; /* by key, in order of their beginnings */
	size_t n_over;
	struct lifeline_stray *strays;
	size_t n_strays, cap_strays;
	uint64_t began;	 /* lives of all kinds, including those that are not kept */
	unsigned stride; /* one in this many closed lives is kept */
	uint64_t turn;
};

struct lifelines *lifelines_new(void);
void lifelines_free(struct lifelines *lifelines);

/* Takes a fact, like the judge. */
void lifelines_learn(struct lifelines *lifelines, const struct moment *moment);

#endif
