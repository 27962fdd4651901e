/* Taking a record for a new socket and giving it back, where it is one of the first pool and no other thread is at the list: for inlining where most
 * sockets are made and closed. Private to shim/track and the hooks that make sockets. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_POOL_H
#define SHIM_POOL_H

#include "shim/track/fdtable.h"

/* socket_new() */
static inline __attribute__((always_inline)) struct socket *pool_take(struct life life, int inside, fd_word *w)
{
	uint64_t head = __atomic_load_n(&pool_free, __ATOMIC_ACQUIRE);
	uint32_t index = (uint32_t)head;
	struct socket *s =
		(struct socket *)((char *)fd_first.pool + ((size_t)index << RECORD_BITS)); /* if it is there */
	__asm__("" : "+r"(s)); /* one address, not a sum at each use */
	if (__builtin_expect(index - 1 >= POOL - 1, 0) ||
	    __builtin_expect(!__atomic_compare_exchange_n(&pool_free, &head,
							  pool_head(head, __atomic_load_n(&s->next, __ATOMIC_RELAXED)),
							  false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED),
			     0)) {
		fd_word other;
		if ((s = socket_new(life, &other)))
			s->inside[0] = s->inside[1] = inside;
		*w = other;
		return s;
	}
	*w = pool_fill(s, index, life, inside);
	return s;
}

/* socket_unref() of a word that is a socket's; most have one descriptor. */
static inline __attribute__((always_inline)) bool pool_give(fd_word w)
{
	uint64_t one = w >> 32 << 32 | 1, head = __atomic_load_n(&pool_free, __ATOMIC_RELAXED);
	struct socket *s = socket_plain(&fd_first, w);
	if (__builtin_expect(!socket_is_plain(w), 0) ||
	    __builtin_expect(!__atomic_compare_exchange_n(&s->refs, &one, one + UINT32_MAX, false, __ATOMIC_ACQ_REL,
							  __ATOMIC_RELAXED),
			     0))
		return socket_unref(w);
	do
		__atomic_store_n(&s->next, (uint32_t)head, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&pool_free, &head, pool_head(head, word_index(w)), true, __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED));
	return true;
}

#endif
