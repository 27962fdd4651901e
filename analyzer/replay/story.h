/* The story of a descriptor: the calls on it, in order, up to where it was lost.
 *
 * A life keeps only its last few calls, so that its memory is bounded. How it began is known anyway.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_STORY_H
#define SOCKSAN_ANALYZER_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/model/words.h"

enum { STORY_STEPS = 6 };

struct moment;
struct socket_life;
struct stack_ref;

/* A call, or several equal ones in a row, of which the first is shown. */
struct story_step {
	const char *op, *error; /* op is NULL if unknown, error if it did not fail */
	struct stack_ref *stack;
	int64_t t, pid, tid;
	uint32_t count;
	uint32_t omitted; /* calls before it that were dropped */
	enum state to;	  /* the state it led to; STATE_ABSENT: unchanged */
	bool first_use;	  /* known from the line about the first use: the call may have another line */
};

struct story {
	size_t n;
	struct story_step steps[STORY_STEPS]; /* in order of time */
};

/* Adds the call of the moment, unless it began the life. */
void story_learn(const struct moment *moment);

/* What led to the present state of the life. For a socket that another process made it begins there, if that trace is here. */
struct story story_of(const struct socket_life *life);

/* A call that did not fail and changed no state. */
struct story_step step_at(const char *op, struct stack_ref *stack, int64_t t, int64_t pid, int64_t tid);

/* Inserts a step by its time. If there is no room, the first steps after the beginning are dropped. */
void story_add(struct story *story, struct story_step step);

#endif
