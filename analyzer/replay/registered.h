/* What was registered in an epoll set when it was closed, or left open: how many descriptors, and where they were opened.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REGISTERED_H
#define SOCKSAN_ANALYZER_REGISTERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REGISTERED_PLACES = 4 };

struct stack_ref;
struct socket_life;
struct moment;

/* A place that opened `count` of them. */
struct registered_place {
	struct stack_ref *opened; /* NULL: unknown */
	const char *op;
	uint64_t count;
};

/* Those of which nothing more is known, and of further places, are only in `count`. */
struct registered {
	uint64_t count; /* 0: nothing is known, or nothing was registered */
	bool open;	/* the set is not closed */
	size_t n;
	struct registered_place places[REGISTERED_PLACES]; /* most registrations first */
};

/* Takes the line into the life of the epoll set. */
void registered_learn(struct socket_life *life, const struct moment *moment);

/* What is known of a life. */
struct registered registered_of(const struct socket_life *life);

#endif
