/* The trail of each number: see trail.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/trail.h"

#include "shim/kernel/sys.h"
#include "shim/trace/trace.h"

#include <limits.h>
#include <sys/mman.h>

int mark_tid(struct mark m) { return (int)(m.who >> STACK_BITS & ((1u << TID_BITS) - 1)); }
uint32_t mark_stack(struct mark m) { return m.who & ((1u << STACK_BITS) - 1); }
enum kind mark_kind(struct mark m) { return m.who >> (STACK_BITS + TID_BITS) & ((1u << KIND_BITS) - 1); }
const char *mark_op(struct mark m)
{
	uint64_t place = (m.who >> (STACK_BITS + TID_BITS + KIND_BITS)) - (uintptr_t)__ehdr_start;
	return __ehdr_start + (place & ((1u << OP_BITS) - 1));
}

/* Low numbers are in .bss, the rest in chunks that are mapped on first use, like the entries. */
#define CHUNK_BITS 14
#define CHUNK (1u << CHUNK_BITS)
struct trail trail_low[FD_LOW];
static struct trail *high[(INT_MAX >> CHUNK_BITS) + 1];

struct trail *trail_far(int fd, bool make)
{
	if (fd < 0)
		return NULL;
	struct trail **slot = &high[fd >> CHUNK_BITS], *chunk = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *mine;
	const size_t size = CHUNK * sizeof *chunk;
	if (!chunk && make &&
	    (mine = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
		if (__atomic_compare_exchange_n(slot, &chunk, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			chunk = mine;
		else
			sys2(SYS_munmap, mine, size);
	}
	return chunk ? &chunk[fd & (CHUNK - 1)] : NULL;
}

void trail_lost(int fd, fd_word was)
{
	struct trail *trail = trail_at(fd, false);
	if (!trail)
		return;
	trail_shift(trail, was);
	mark_set(&trail->made, 0, 0);
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
	struct mark mark = mark_get(m);
	return mark.t >= since ? mark : (struct mark){0};
}

struct trail trail_of(int fd)
{
	const struct trail *trail = trail_at(fd, false);
	if (!trail)
		return (struct trail){0};
	return (struct trail){own(&trail->was_made), own(&trail->was_closed), own(&trail->made), own(&trail->closed)};
}
