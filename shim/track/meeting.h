/* Two ends of a connection meet: what accept(2) made, and what connect(2) has led to. Their lines tell the peer's address, and are nearly always
 * the same but for a port. Private to shim/track and the hooks of sockets.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MEETING_H
#define SHIM_MEETING_H

#include "shim/track/brief.h"
#include "shim/track/call.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct meeting {
	struct brief b;		     /* without counters */
	int listener;		     /* if made: what it was accepted from */
	int error;		     /* if not made: 0 or EINPROGRESS */
	const struct sockaddr *peer; /* NULL: not known */
	socklen_t peer_len;
};

/* made() for what was accepted; of `b`, the op, the number, its life and cloexec are to be set. */
void made_meeting(struct meeting *);

void record_meeting(const struct meeting *);
struct event event_meeting(const struct meeting *); /* the same for record() */

/* The first connect of a stream socket that no other thread is inside, unless it ends unusually. connect_begin() marks this thread as inside. Returns
 * false if it is another call; nothing has happened then. connect_end() returns false if the rest is left to call_leave() and call_end(). */
static inline __attribute__((always_inline)) bool connect_begin(struct call *c, enum side side)
{
	struct socket *s = c->socket;
	int tid = thread.tid, other = s ? __atomic_load_n(&s->inside[side], __ATOMIC_RELAXED) : 0;
	if (!s || !tid || c->life.type != SOCK_STREAM || c->life.state > STATE_BOUND || other > 0)
		return false;
	__atomic_store_n(&s->inside[side], tid, __ATOMIC_RELAXED);
	c->began = watch_clock();
	return true;
}
bool connect_end(const struct call *, enum side, int error, const struct sockaddr *peer, socklen_t len);

#endif
