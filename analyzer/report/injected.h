/* Of a violation that `socksan explore` found: the call that was let fail before it, and what tells of the threads where the program hung.
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
	struct symbols *stack; /* NULL: not known */
};

struct injected {
	const char *call, *error, *site; /* "connect", "ECONNREFUSED", 16 hex digits */
	int64_t occurrence;		 /* from 1 on */
	struct symbols *stack;		 /* NULL: not known */
	char *again;			 /* the command line that repeats it */
	struct thread_place *threads;
	size_t n_threads;
};

/* As "injected" of a violation has it. */
json_t *injected_json(const struct injected *injected);

/* Reads it back. NULL, or what is wrong with it, to be freed. What is made is the caller's in either case. */
char *injected_read(const json_t *json, struct injected *injected) __attribute__((warn_unused_result));
void injected_free(struct injected *injected);

/* "connect failed with ECONNREFUSED", to be freed. */
char *injected_words(const char *call, const char *error);

#endif
