/* What led to a violation: see history.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/history.h"

#include "shim/stack/stack.h"
#include "shim/track/event.h"
#include "shim/track/trail.h"

#include <string.h>

/* One of the two lines of a life. */
static void tell(int fd, uint64_t sock, struct mark mark, enum state from, enum state to)
{
	struct event e = event("", fd);
	e.op = mark_op(mark);
	e.op_len = (uint32_t)strlen(e.op);
	e.sock = sock;
	e.from = (uint8_t)from;
	e.to = (uint8_t)to;
	e.t = mark.t;
	e.tid = mark_tid(mark);
	e.stack = stack_tell(mark_stack(mark));
	e.note = NOTE_recalled;
	if (from == STATE_NONE) {
		e.has_kind = true;
		e.life = life_open(mark_kind(mark));
	}
	record(&e);
}

static uint64_t tell_life(int fd, struct mark made, struct mark closed)
{
	uint64_t sock = socket_number();
	tell(fd, sock, made, STATE_NONE, STATE_OPEN);
	tell(fd, sock, closed, STATE_OPEN, STATE_CLOSED);
	return sock;
}

uint64_t history_of(int fd, fd_word w)
{
	struct trail t = trail_of(fd);
	uint64_t sock = fd_closed_sock(w);
	bool known = t.made.who && t.closed.who && t.was_made.who && t.was_closed.who;
	int closer = mark_tid(t.closed);
	/* Closed by its own thread: the life before plays no part. */
	if (!known || mark_tid(t.made) == closer)
		return sock;
	if (sock) {
		if (!kind_is_judged(mark_kind(t.was_made)) && trail_told(fd))
			tell_life(fd, t.was_made, t.was_closed);
		return sock;
	}
	/* What was closed is not judged. But the thread that closed it may have meant the life before. */
	if (!kind_is_judged(mark_kind(t.was_made)) ||
	    (mark_tid(t.was_closed) != closer && mark_tid(t.was_made) != closer) || !trail_told(fd))
		return 0;
	sock = tell_life(fd, t.made, t.closed);
	fd_replace(fd, w, fd_closed(sock, 0));
	return sock;
}
