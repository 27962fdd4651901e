/* The story of a descriptor: the calls on it, in order, up to where it was lost.
 *
 * A life keeps its last few calls, so that its memory does not grow with their number. How it began it knows anyway.
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

/* A call, or several equal ones in a row, of which the first is told. */
struct story_step {
	const char *op, *error; /* op is NULL when it is not known, error when it did not fail */
	struct stack_ref *stack;
	int64_t t, pid, tid;
	uint32_t count;
	uint32_t omitted; /* calls before it that are left out */
	enum state to;	  /* what it made of the socket; STATE_ABSENT: what it was before */
	bool first_use;	  /* known by the line that tells of it: the call may have another one */
};

struct story {
	size_t n;
	struct story_step steps[STORY_STEPS]; /* in order of time */
};

/* Takes the call that the moment tells of, which is not what began its life. */
void story_learn(const struct moment *moment);

/* What led to the present state of the life. What another process made begins there, if its trace is here. */
struct story story_of(const struct socket_life *life);

/* A call that did not fail and changed no state. */
struct story_step step_at(const char *op, struct stack_ref *stack, int64_t t, int64_t pid, int64_t tid);

/* Puts a step where it belongs by its time. Where there is no room, the first steps after the beginning give way. */
void story_add(struct story *story, struct story_step step);

#endif
