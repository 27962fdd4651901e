/* The descriptor table and the pool of sockets: see fdtable.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/fdtable.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"

#include <limits.h>
#include <stddef.h>
#include <sys/mman.h>

/* Low numbers are in .bss, one load away; the rest in chunks that are mapped on first use. */
#define CHUNK_BITS 16
#define CHUNK (1u << CHUNK_BITS)

struct fd_first fd_first;
static fd_word *high[(INT_MAX >> CHUNK_BITS) + 1];
int fd_stored, fd_watched = INT_MAX, fd_plain;

struct socket *socket_pool[POOLS] = {fd_first.pool};
static uint32_t fresh = 1; /* the first record never used; 0 ends the free list */
uint64_t pool_free, pool_numbers;

void *part(void **slot, size_t len)
{
	void *p = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (p)
		return p;
	void *mine = sys_mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!mine)
		return NULL;
	if (__atomic_compare_exchange_n(slot, &p, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return mine;
	sys2(SYS_munmap, mine, len);
	return p;
}

fd_word *fd_high(int fd)
{
	if (fd < 0)
		return NULL;
	fd_word *chunk = __atomic_load_n(&high[fd >> CHUNK_BITS], __ATOMIC_ACQUIRE);
	return chunk ? &chunk[fd & (CHUNK - 1)] : NULL;
}

static void find_plain(void)
{
	int watched = __atomic_load_n(&fd_watched, __ATOMIC_RELAXED), stored = fd_end();
	__atomic_store_n(&fd_plain, stored < watched ? stored : watched, __ATOMIC_RELAXED);
}

void fd_watch(int number)
{
	__atomic_store_n(&fd_watched, number, __ATOMIC_RELAXED);
	find_plain();
}

fd_word fd_swap_far(int fd, fd_word w)
{
	if (fd < 0)
		return FD_UNKNOWN;
	fd_word *e = fd_entry(fd);
	if (!e) {
		if (w == FD_UNKNOWN || !part((void **)&high[fd >> CHUNK_BITS], CHUNK * sizeof *e))
			return FD_UNKNOWN;
		e = fd_high(fd);
	}
	int seen = fd_end();
	while (seen <= fd &&
	       !__atomic_compare_exchange_n(&fd_stored, &seen, fd + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	find_plain();
	if (fd >= __atomic_load_n(&fd_watched, __ATOMIC_RELAXED) && (fd_kind(w) == FD_SOCKET || w == FD_OTHER))
		watch_look();
	return __atomic_exchange_n(e, w, __ATOMIC_ACQ_REL);
}

static struct socket *take_free(void)
{
	uint64_t head = __atomic_load_n(&pool_free, __ATOMIC_ACQUIRE), next;
	struct socket *s;
	do {
		if (!(uint32_t)head)
			return NULL;
		s = socket_at((uint32_t)head);
		next = pool_head(head, __atomic_load_n(&s->next, __ATOMIC_RELAXED));
	} while (!__atomic_compare_exchange_n(&pool_free, &head, next, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return s;
}

static void give_back(struct socket *s)
{
	uint64_t head = __atomic_load_n(&pool_free, __ATOMIC_RELAXED), next;
	do {
		__atomic_store_n(&s->next, (uint32_t)head, __ATOMIC_RELAXED);
		next = pool_head(head, s->index);
	} while (!__atomic_compare_exchange_n(&pool_free, &head, next, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

static struct socket *take_fresh(void)
{
	uint32_t index = __atomic_load_n(&fresh, __ATOMIC_RELAXED);
	do {
		if (index >> POOL_BITS >= POOLS ||
		    !part((void **)&socket_pool[index >> POOL_BITS], POOL * sizeof(struct socket)))
			return NULL;
	} while (!__atomic_compare_exchange_n(&fresh, &index, index + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	struct socket *s = socket_at(index);
	s->index = index;
	return s;
}

struct socket *socket_new(struct life life, fd_word *w)
{
	struct socket *s = take_free();
	if (__builtin_expect(!s, 0) && !(s = take_fresh()))
		return NULL;
	*w = pool_fill(s, s->index, life, NOBODY);
	return s;
}

bool socket_ref(fd_word w)
{
	struct socket *s = socket_of(w);
	if (!s)
		return false;
	uint64_t refs = __atomic_load_n(&s->refs, __ATOMIC_RELAXED);
	do {
		if (!(uint32_t)refs || socket_word(s->index, refs) != w)
			return false;
	} while (!__atomic_compare_exchange_n(&s->refs, &refs, refs + 1, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}

bool socket_unref(fd_word w)
{
	struct socket *s;
	if (socket_is_plain(w))
		s = socket_plain(&fd_first, w);
	else if (fd_kind(w) == FD_SOCKET)
		s = socket_at(word_index(w));
	else
		return false;
	uint64_t refs = __atomic_load_n(&s->refs, __ATOMIC_RELAXED), next;
	do {
		if (!(uint32_t)refs || w >> 32 != refs >> 32)
			return false;
		next = refs - 1;
		if (!(uint32_t)next)
			next += 1ull << 32; /* a new generation */
	} while (!__atomic_compare_exchange_n(&s->refs, &refs, next, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if ((uint32_t)next)
		return false;
	give_back(s);
	return true;
}

fd_word fd_buried(fd_word w)
{
	uint32_t index = (uint32_t)(w >> 42);
	if (!__atomic_load_n(&socket_pool[index >> POOL_BITS], __ATOMIC_ACQUIRE))
		return 0;
	struct socket *s = socket_at(index);
	uint64_t refs = __atomic_load_n(&s->refs, __ATOMIC_ACQUIRE);
	return (uint32_t)refs && socket_id(s) == fd_closed_sock(w) ? socket_word(index, refs) : 0;
}

struct socket *socket_next(int *fd)
{
	for (int last = fd_end(); *fd < last; ++*fd) {
		struct socket *s = socket_of(fd_load(*fd));
		if (s)
			return s;
	}
	return NULL;
}

struct socket *socket_alive(uint32_t *index)
{
	for (uint32_t end = __atomic_load_n(&fresh, __ATOMIC_ACQUIRE); *index < end; ++*index) {
		struct socket *s = socket_at(*index);
		if (socket_refs(s))
			return s;
	}
	return NULL;
}

void fd_forget(void)
{
	for (int fd = 0, last = fd_end(); fd < last; fd++)
		socket_unref(fd_swap(fd, FD_UNKNOWN));
}

uint64_t socket_number(void) { return __atomic_add_fetch(&pool_numbers, 1, __ATOMIC_RELAXED); }

uint64_t socket_last(void) { return __atomic_load_n(&pool_numbers, __ATOMIC_RELAXED); }
