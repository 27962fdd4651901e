/* Compares two snapshots of the same program: which places have more open than before, and which have fewer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COMPARISON_H
#define SOCKSAN_ANALYZER_COMPARISON_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "analyzer/live/place_key.h"
#include "analyzer/symbols/symbol.h"

#define DIFF_SCHEMA "socksan-diff/1"

/* A place with the same key in both snapshots. Lines and processes are not compared, since they change from one start to the next. */
struct compared_place {
	const char *key, *what, *op;
	bool own;
	int64_t open[2];
	int64_t states[2][STATES];
	int64_t opened[2], closed[2];
	bool stayed; /* the processes that have it now started before the first snapshot, so what they opened can be compared */
	int64_t most;	       /* the largest place with this key, whose stack is shown */
	struct symbols *stack; /* NULL: not known */
};

struct comparison {
	json_t *snapshots[2];	       /* their texts are borrowed */
	struct compared_place *places; /* in descending order of growth */
	size_t n, cap, grew, shrank;   /* the first `grew` grew, the last `shrank` shrank */
	int64_t open[2];
	double seconds; /* from one to the other; 0: unknown */
	bool reversed;	/* the second is older than the first */
};

/* Parses a snapshot of `n` bytes. Returns NULL on failure; `*why` says what is wrong, to be freed. */
json_t *snapshot_parse(const char *name, const char *text, size_t n, char **why) __attribute__((warn_unused_result));

/* Takes ownership of both. Returns NULL, or what is wrong with one of them, to be freed. A place has grown if it has at least `least` more. */
char *compare(struct comparison *comparison, json_t *before, json_t *after, int64_t least)
	__attribute__((warn_unused_result));
void comparison_free(struct comparison *comparison);

/* Per minute; meaningless if `seconds` is 0. */
double per_minute(const struct comparison *comparison, int64_t change);

/* -1: writing failed. */
int comparison_text(FILE *out, const struct comparison *comparison, size_t max, bool full_stacks);
int comparison_json(FILE *out, const struct comparison *comparison);

#endif
