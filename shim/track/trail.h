/* The trail of each number, whatever kind of descriptor it is: who made its life and who closed it, and the same for the life before. From
 * it, what led to a violation can be written to the trace even if it is of a kind that was not recorded.
 *
 * A mark is written by the thread that made the descriptor, or is about to close it, while no other thread should. If two threads close it
 * at once, each word of a mark comes from one of them. Safe in any thread and in signal handlers; no lock; allocates only chunks of the
 * table; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRAIL_H
#define SHIM_TRAIL_H

#include "shim/model/words.h"
#include "shim/stack/depot.h"
#include "shim/state/thread.h"
#include "shim/trace/trace.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* A call: its op, thread, stack and time. `who` of 0: unknown. */
struct mark {
	uint64_t who;
	uint64_t t; /* ns, CLOCK_MONOTONIC */
};

struct trail {
	struct mark was_made, was_closed; /* the life before */
	struct mark made, closed;	  /* the last life; closed is valid only while the entry is FD_CLOSED */
} __attribute__((aligned(64)));

/* Low numbers are in .bss, the rest in chunks that are mapped on first use, like the entries: NULL without one. */
extern struct trail trail_low[FD_LOW] __attribute__((visibility("hidden")));
struct trail *trail_far(int fd, bool make);
static inline struct trail *trail_at(int fd, bool make)
{
	return __builtin_expect((unsigned)fd < FD_LOW, 1) ? &trail_low[fd] : trail_far(fd, make);
}

/* In one word: the low bits of the address of the op's name, which is in this object, as __ehdr_start is; kind, thread, stack. */
enum { OP_BITS = 22, KIND_BITS = 4, TID_BITS = 22, STACK_BITS = 16 };
_Static_assert(OP_BITS + KIND_BITS + TID_BITS + STACK_BITS == 64, "a word");
_Static_assert(KINDS <= 1 << KIND_BITS && STACK_IDS < 1 << STACK_BITS, "it fits");
extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* defined by the linker */

static inline uint64_t mark_pack_as(enum kind kind, const char *op, uint32_t stack, int tid)
{
	if (stack > STACK_IDS)
		stack = 0;
	return (uint64_t)(uintptr_t)op << (KIND_BITS + TID_BITS + STACK_BITS) |
	       (uint64_t)kind << (TID_BITS + STACK_BITS) | (uint64_t)(unsigned)tid << STACK_BITS | stack;
}
static inline uint64_t mark_pack(enum kind kind, const char *op, uint32_t stack)
{
	return mark_pack_as(kind, op, stack, thread_tid());
}

static inline struct mark mark_get(const struct mark *m)
{
	return (struct mark){__atomic_load_n(&m->who, __ATOMIC_RELAXED), __atomic_load_n(&m->t, __ATOMIC_RELAXED)};
}

static inline void mark_set(struct mark *m, uint64_t who, uint64_t t)
{
	__atomic_store_n(&m->who, who, __ATOMIC_RELAXED);
	__atomic_store_n(&m->t, t, __ATOMIC_RELAXED);
}

/* The last life becomes the one before; `t` is when it ended, or when it began if that is all that is known. */
static inline uint64_t trail_shift(struct trail *trail, fd_word was)
{
	struct mark made = mark_get(&trail->made), closed = {0, made.t};
	if (fd_kind(was) == FD_CLOSED)
		closed = mark_get(&trail->closed);
	mark_set(&trail->was_made, made.who, made.t);
	mark_set(&trail->was_closed, closed.who, closed.t);
	return closed.t;
}

static inline uint64_t trail_after(uint64_t before, uint64_t t) { return t > before ? t : before + 1; }

/* `op` is a literal. `stack` is an id of stack_quiet() or stack_here(). `t` may come from trace_about_now(): the marks of a number are
 * still in order. */
static inline __attribute__((always_inline)) void trail_made_by(int tid, int fd, fd_word was, enum kind kind,
								const char *op, uint32_t stack, uint64_t t)
{
	struct trail *trail = trail_at(fd, true);
	if (trail)
		mark_set(&trail->made, mark_pack_as(kind, op, stack, tid), trail_after(trail_shift(trail, was), t));
}
static inline __attribute__((always_inline)) void trail_made(int fd, fd_word was, enum kind kind, const char *op,
							     uint32_t stack, uint64_t t)
{
	trail_made_by(thread_tid(), fd, was, kind, op, stack, t);
}

static inline __attribute__((always_inline)) void trail_closed(int fd, const char *op, uint32_t stack, uint64_t t)
{
	struct trail *trail = trail_at(fd, true);
	if (trail)
		mark_set(&trail->closed, mark_pack(0, op, stack),
			 trail_after(__atomic_load_n(&trail->made.t, __ATOMIC_RELAXED), t));
}

/* A copy, all 0 for a number that has none, and without what happened before trail_forget(). */
struct trail trail_of(int fd);

/* Call before the life before the last is written, which happens once: false if it already was, and nothing is known of it from here on. */
bool trail_told(int fd);

/* The descriptor is in use, or was closed, by a life whose start nobody saw. */
void trail_lost(int fd, fd_word was);

/* In a forked child: what was before is the parent's. */
void trail_forget(void);

/* The contents of the marks. */
int mark_tid(struct mark);
uint32_t mark_stack(struct mark);
const char *mark_op(struct mark);
enum kind mark_kind(struct mark);

#endif
