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
	fd_word word;
	struct socket *socket;
	long ret;
	int tid;
	struct timespec began, ended;
};
#define QUICK_WAITS(q) __asm__("" : "+m"((q)->fd), "+m"((q)->word), "+m"((q)->socket), "+m"((q)->ret), "+m"((q)->tid))

/* Marks this thread as inside, and reads the clock next. Returns false if it is another call; nothing has happened then. The record may
 * have become another's in between: then the mark, as any that was left, makes whoever finds it ask the kernel. */
static inline __attribute__((always_inline)) bool data_quick(struct quick *q, int fd, enum side side)
{
	if (__builtin_expect((unsigned)fd >= FD_LOW, 0))
		return false;
	struct fd_first *first = fd_first_here();
	fd_word word = __atomic_load_n(&first->low[fd], __ATOMIC_ACQUIRE);
	if (__builtin_expect(!socket_is_plain(word) || !process_is_plain(), 0))
		return false;
	struct socket *s = socket_plain(first, word);
	if (__builtin_expect(JOINED(s->life.state) != STATE_ESTABLISHED, 0))
		return false;
	int tid = thread.away; /* nobody leaves 0 */
	if (__builtin_expect(JOINED(s->inside[side]) != tid, 0))
		return false;
	tid = -tid;
	__atomic_store_n(&s->inside[side], tid, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(JOINED(first->low[fd]) != word, 0))
		return false;
	q->fd = fd;
	q->tid = tid;
	q->word = word;
	q->socket = s;
	return true;
}

/* Ends it; q->ret is what it returned, and so is what this returns, or 0 if the rest is left to data_unusual(), to which `want` is what was requested.
 * The record is still the socket's if this thread's mark is there: one that becomes another's is marked anew. */
static inline __attribute__((always_inline)) long data_quick_end(struct quick *q, enum side side)
{
	sys_clock(CLOCK_MONOTONIC_COARSE, &q->ended);
	QUICK_WAITS(q);
	struct socket *s = q->socket;
	int tid = __atomic_load_n(&s->inside[side], __ATOMIC_RELAXED);
	long ret = q->ret;
	if (__builtin_expect(tid != q->tid || ret <= 0, 0))
		return 0;
	uint64_t now = (uint64_t)q->ended.tv_sec * 1000000000 + (uint64_t)q->ended.tv_nsec;
	uint64_t began = (uint64_t)q->began.tv_sec * 1000000000 + (uint64_t)q->began.tv_nsec;
	/* Signed: another thread may have stored a later time. */
	if (__builtin_expect(now - began >= WAIT_TOLD || (int64_t)(now - JOINED(s->last)) > (int64_t)JOINED(s->gap), 0))
		return 0;
	__atomic_store_n(&s->inside[side], -tid, __ATOMIC_RELAXED);
	__atomic_fetch_add(side == WRITING ? &s->tx : &s->rx, (uint64_t)ret, __ATOMIC_RELAXED);
	__atomic_store_n(&s->last, now, __ATOMIC_RELAXED);
	return ret;
}
void data_unusual(const struct quick *, const char *op, enum side side, size_t want, int how);

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
