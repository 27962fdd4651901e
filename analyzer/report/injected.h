/* For a violation that `socksan explore` or `socksan run --inject` found: the calls that were made to fail before it, each in a run of its
 * own, and, if the program hung, the stacks of its threads.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INJECTED_H
#define SOCKSAN_ANALYZER_INJECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "analyzer/symbols/symbol.h"

struct thread_place {
	int64_t tid;
	struct symbols *stack; /* NULL: unknown */
};

struct injected {
	struct injected *next;
	const char *call, *error, *site; /* "connect", "ECONNREFUSED", 16 hex digits */
	int64_t occurrence;		 /* from 1 on */
	struct symbols *stack;		 /* NULL: unknown */
	char *again;			 /* the command line that repeats it; NULL: the one that was given */
	struct thread_place *threads;
	size_t n_threads;
};

/* Sets "injected" in a violation to the first and "also_injected" to the others. */
void injected_json(json_t *violation, const struct injected *list);

/* Reads them back. Returns NULL, or what is wrong with them, to be freed. Either way, the caller has to free the list. */
char *injected_read(const json_t *violation, struct injected **list) __attribute__((warn_unused_result));
void injected_free(struct injected *list);

/* Moves what `into` lacks from the other list, behind its first element, and keeps these sorted. */
void injected_unite(struct injected **into, struct injected **from);

/* Whether the list has a failure of that call at that site. */
bool injected_has(const struct injected *list, const char *call, const char *site);

/* "connect failed with ECONNREFUSED", to be freed. */
char *injected_words(const char *call, const char *error);

#endif
