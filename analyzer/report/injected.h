/* For a violation that `socksan explore` found: the call that was made to fail before it and, if the program hung, the stacks of its
 * threads.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_INJECTED_H
#define SOCKSAN_ANALYZER_INJECTED_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "analyzer/symbols/symbol.h"

struct thread_place {
	int64_t tid;
	struct symbols *stack; /* NULL: unknown */
};

struct injected {
	const char *call, *error, *site; /* "connect", "ECONNREFUSED", 16 hex digits */
	int64_t occurrence;		 /* from 1 on */
	struct symbols *stack;		 /* NULL: unknown */
	char *again;			 /* the command line that repeats it */
	struct thread_place *threads;
	size_t n_threads;
};

/* The value of "injected" in a violation. */
json_t *injected_json(const struct injected *injected);

/* Reads it back. Returns NULL, or what is wrong with it, to be freed. Either way, the caller has to free `injected`. */
char *injected_read(const json_t *json, struct injected *injected) __attribute__((warn_unused_result));
void injected_free(struct injected *injected);

/* "connect failed with ECONNREFUSED", to be freed. */
char *injected_words(const char *call, const char *error);

#endif
