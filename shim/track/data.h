/* Calls that move bytes: counters, and a line only if something matters. Safe in any thread and in signal handlers; no lock, no allocation,
 * no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_DATA_H
#define SHIM_DATA_H

#include "shim/trace/trace.h"
#include "shim/track/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Updates the counters after a data call, and writes a line if something matters. `ret` is what it returned, `want` what was requested. */
void data_told(struct call, const char *op, enum act, size_t want, long ret, int how);
static inline void data_end(const struct call *c, const char *op, enum act act, size_t want, long ret, int how)
{
	struct socket *s = c->socket;
	if (s && ret > 0 && fd_load(c->fd) == c->word) {
		uint64_t now = watch_clock(), last = __atomic_load_n(&s->last, __ATOMIC_RELAXED);
		__atomic_fetch_add(act == ACT_send ? &s->tx : &s->rx, (uint64_t)ret, __ATOMIC_RELAXED);
		__atomic_store_n(&s->last, now, __ATOMIC_RELAXED);
		/* Signed: another thread may have stored a later one. */
		if (last && (int64_t)(now - last) > (int64_t)__atomic_load_n(&s->gap, __ATOMIC_RELAXED))
			__atomic_store_n(&s->gap, now - last, __ATOMIC_RELAXED);
		/* Bytes change nothing on a connection. */
		if (now < c->began + WAIT_TOLD && c->life.state >= STATE_ESTABLISHED)
			return;
	}
	data_told(*c, op, act, want, ret, how);
}

/* A data call of which only its bytes matter, unless it ends unusually: on a connection, in a direction that no other thread has used since.
 * What it needs again waits in memory: a register that outlives a call would have to be saved and restored. */
struct quick {
	long fd;
	const fd_word *entry;
	fd_word word;
	struct socket *socket;
	uint64_t sock;
	struct life life;
	int tid;
	struct timespec began;
};
#define QUICK_WAITS(q)                                                                                  \
	__asm__(""                                                                                      \
		: "+m"((q)->fd), "+m"((q)->entry), "+m"((q)->word), "+m"((q)->socket), "+m"((q)->sock), \
		  "+m"((q)->life), "+m"((q)->tid))

/* Marks this thread as inside, and reads the clock next. Returns false if it is another call; nothing has happened then. The record may
 * have become another's in between: then the mark, as any that was left, makes whoever finds it ask the kernel. */
static inline __attribute__((always_inline)) bool data_quick(struct quick *q, int fd, enum side side)
{
	if (__builtin_expect((unsigned)fd >= FD_LOW, 0))
		return false;
	const fd_word *entry = &fd_low[fd];
	fd_word word = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
	if (__builtin_expect(!socket_is_plain(word) || !process_surely(), 0))
		return false;
	struct socket *s = socket_plain(word);
	q->life = socket_life(s);
	QUICK_WAIT(q->life);
	if (__builtin_expect(q->life.state != STATE_ESTABLISHED, 0))
		return false;
	int tid = thread.tid; /* 0: not known yet, and then nobody has negated it */
	if (__builtin_expect((unsigned)__atomic_load_n(&s->inside[side], __ATOMIC_RELAXED) + (unsigned)tid, 0))
		return false;
	__atomic_store_n(&s->inside[side], tid, __ATOMIC_RELAXED);
	q->fd = fd;
	q->entry = entry;
	q->tid = tid;
	q->word = word;
	q->socket = s;
	q->sock = socket_id(s);
	return true;
}

/* Ends it. Returns false if that is left to data_unusual(), to which `want` is what was requested. */
static inline __attribute__((always_inline)) bool data_quick_end(struct quick *q, enum side side, long ret)
{
	struct socket *s = q->socket;
	struct timespec ended;
	if (__builtin_expect(__atomic_load_n(&s->inside[side], __ATOMIC_RELAXED) != q->tid || ret <= 0 ||
				     __atomic_load_n(q->entry, __ATOMIC_ACQUIRE) != q->word,
			     0))
		return false;
	__atomic_store_n(&s->inside[side], -q->tid, __ATOMIC_RELAXED);
	sys_clock(CLOCK_MONOTONIC_COARSE, &ended);
	QUICK_WAITS(q);
	s = q->socket;
	uint64_t now = (uint64_t)ended.tv_sec * 1000000000 + (uint64_t)ended.tv_nsec;
	uint64_t began = (uint64_t)q->began.tv_sec * 1000000000 + (uint64_t)q->began.tv_nsec;
	/* Signed: another thread may have stored a later time. */
	int64_t gap = (int64_t)(now - __atomic_load_n(&s->last, __ATOMIC_RELAXED));
	if (__builtin_expect(now - began >= WAIT_TOLD || gap > (int64_t)__atomic_load_n(&s->gap, __ATOMIC_RELAXED), 0))
		return false;
	__atomic_fetch_add(side == WRITING ? &s->tx : &s->rx, (uint64_t)ret, __ATOMIC_RELAXED);
	__atomic_store_n(&s->last, now, __ATOMIC_RELAXED);
	return true;
}
void data_unusual(struct quick, const char *op, enum side side, size_t want, long ret, int how);

/* Around the real call of a write. */
static inline void data_writes(const struct call *c, bool now)
{
	if (c->socket)
		__atomic_store_n(trace_writing, now ? '1' : '0', __ATOMIC_RELAXED);
}

/* Call before a write. If it would be a death by SIGPIPE that this process caused itself, writes the line now and returns true. */
bool data_dies(struct call, const char *op);
static inline bool data_forbidden(const struct call *c, const char *op, int flags)
{
	return c->socket && c->life.state != STATE_ESTABLISHED && !(flags & (MSG_NOSIGNAL | MSG_FASTOPEN)) &&
	       data_dies(*c, op);
}

#endif
