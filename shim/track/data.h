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
