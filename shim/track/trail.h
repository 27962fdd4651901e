/* The trail of each number, whatever it is a descriptor of: who made its life and who closed it, and the same of the life before. From it the
 * trace is told what led to a violation, also where that was of a kind that nobody asked for.
 *
 * A mark is written by the thread that made the number, or is about to close it, while nobody else should. Where two threads close one
 * number at once, each word of a mark is one thread's. Safe in any thread and in signal handlers; no lock, no allocation but that of a part of
 * the table; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRAIL_H
#define SHIM_TRAIL_H

#include "shim/model/words.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* A call: what it was, of which thread, from where, and when. `who` of 0: not known. */
struct mark {
	uint64_t who;
	uint64_t t; /* ns, CLOCK_MONOTONIC */
};

struct trail {
	struct mark was_made, was_closed; /* the life before */
	struct mark made, closed;	  /* the last life; closed means something only while the entry is FD_CLOSED */
} __attribute__((aligned(64)));

/* `op` is a literal. `stack` is an id of stack_quiet() or stack_here(); `t` of 0: about now, and after the mark before. */
void trail_made(int fd, fd_word was, enum kind kind, const char *op, uint32_t stack, uint64_t t);
void trail_closed(int fd, const char *op, uint32_t stack, uint64_t t);

/* A copy, all 0 for a number that has none, and without what happened before trail_forget(). */
struct trail trail_of(int fd);

/* The life before the last is about to be told, which happens once: false when it has been, and nothing is known of it from here on. */
bool trail_told(int fd);

/* The number is alive, or was closed, by a life that nobody saw begin. */
void trail_lost(int fd, fd_word was);

/* In a forked child: what was before is the parent's. */
void trail_forget(void);

/* What the marks say. */
int mark_tid(struct mark);
uint32_t mark_stack(struct mark);
const char *mark_op(struct mark);
enum kind mark_kind(struct mark);

#endif
