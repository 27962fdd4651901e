/* The trail of each number: see trail.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/trail.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/stack/stack.h"
#include "shim/state/thread.h"
#include "shim/trace/trace.h"

#include <limits.h>
#include <sys/mman.h>

/* In a word: how far behind the start of this object the op's name lies, kind, thread, stack. */
enum { OP_BITS = 22, KIND_BITS = 4, TID_BITS = 22, STACK_BITS = 16 };
_Static_assert(OP_BITS + KIND_BITS + TID_BITS + STACK_BITS == 64, "a word");
_Static_assert(KINDS <= 1 << KIND_BITS && STACK_IDS < 1 << STACK_BITS, "it fits");
extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* the linker's */

static inline uint64_t pack(enum kind kind, const char *op, uint32_t stack)
{
	uint64_t place = (uint64_t)(op - __ehdr_start), tid = (uint64_t)thread_tid();
	if (stack > STACK_IDS)
		stack = 0;
	return ((place << KIND_BITS | kind) << TID_BITS | tid) << STACK_BITS | stack;
}

int mark_tid(struct mark m) { return (int)(m.who >> STACK_BITS & ((1u << TID_BITS) - 1)); }
uint32_t mark_stack(struct mark m) { return m.who & ((1u << STACK_BITS) - 1); }
enum kind mark_kind(struct mark m) { return m.who >> (STACK_BITS + TID_BITS) & ((1u << KIND_BITS) - 1); }
const char *mark_op(struct mark m) { return __ehdr_start + (m.who >> (STACK_BITS + TID_BITS + KIND_BITS)); }

/* Low numbers lie in .bss, the rest in chunks that are mapped when first stored to, as the entries do. */
#define CHUNK_BITS 14
#define CHUNK (1u << CHUNK_BITS)
static struct trail low[FD_LOW];
static struct trail *high[(INT_MAX >> CHUNK_BITS) + 1];

static __attribute__((noinline)) struct trail *chunk_of(int fd, bool make)
{
	struct trail **slot = &high[fd >> CHUNK_BITS], *chunk = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *mine;
	const size_t size = CHUNK * sizeof *chunk;
	if (chunk || !make)
		return chunk;
	mine = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!mine || __atomic_compare_exchange_n(slot, &chunk, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return mine;
	sys2(SYS_munmap, mine, size);
	return chunk;
}

static inline struct trail *trail_at(int fd, bool make)
{
	if ((unsigned)fd < FD_LOW)
		return &low[fd];
	struct trail *chunk = fd < 0 ? NULL : chunk_of(fd, make);
	return chunk ? &chunk[fd & (CHUNK - 1)] : NULL;
}

static inline struct mark get(const struct mark *m)
{
	return (struct mark){__atomic_load_n(&m->who, __ATOMIC_RELAXED), __atomic_load_n(&m->t, __ATOMIC_RELAXED)};
}

static inline void set(struct mark *m, uint64_t who, uint64_t t)
{
	__atomic_store_n(&m->who, who, __ATOMIC_RELAXED);
	__atomic_store_n(&m->t, t, __ATOMIC_RELAXED);
}

/* The last life becomes the one before; when it ended, or began if that is all that is known. */
static inline uint64_t shift(struct trail *trail, fd_word was)
{
	struct mark made = get(&trail->made), closed = {0, made.t};
	if (fd_kind(was) == FD_CLOSED)
		closed = get(&trail->closed);
	set(&trail->was_made, made.who, made.t);
	set(&trail->was_closed, closed.who, closed.t);
	return closed.t;
}

void trail_made(int fd, fd_word was, enum kind kind, const char *op, uint32_t stack, uint64_t t)
{
	uint64_t clock = t ? 0 : watch_clock();
	struct trail *trail = trail_at(fd, true);
	if (!trail)
		return;
	uint64_t before = shift(trail, was);
	set(&trail->made, pack(kind, op, stack), t ? t : trace_about(clock, before));
}

void trail_closed(int fd, const char *op, uint32_t stack, uint64_t t)
{
	uint64_t clock = t ? 0 : watch_clock();
	struct trail *trail = trail_at(fd, true);
	if (trail)
		set(&trail->closed, pack(0, op, stack), t ? t : trace_about(clock, get(&trail->made).t));
}

void trail_lost(int fd, fd_word was)
{
	struct trail *trail = trail_at(fd, false);
	if (!trail)
		return;
	shift(trail, was);
	set(&trail->made, 0, 0);
}

bool trail_told(int fd)
{
	struct trail *trail = trail_at(fd, false);
	return trail && __atomic_exchange_n(&trail->was_made.who, 0, __ATOMIC_RELAXED);
}

static uint64_t since; /* of this process */

void trail_forget(void) { since = trace_now(); }

static struct mark own(const struct mark *m)
{
	struct mark mark = get(m);
	return mark.t >= since ? mark : (struct mark){0};
}

struct trail trail_of(int fd)
{
	const struct trail *trail = trail_at(fd, false);
	if (!trail)
		return (struct trail){0};
	return (struct trail){own(&trail->was_made), own(&trail->was_closed), own(&trail->made), own(&trail->closed)};
}
