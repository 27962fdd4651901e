/* The end of a descriptor that the table has as a socket: see ended.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/ended.h"

#include "shim/stack/stack.h"
#include "shim/track/event.h"
#include "shim/track/query.h"
#include "shim/track/registrations.h"

/* One descriptor of the socket behind w ends: drops its reference, and fills in `e`. Returns false if there is no such socket. */
static bool ends(struct event *e, fd_word w)
{
	struct socket *s = socket_of(w);
	if (!s)
		return false;
	e->sock = s->sock;
	e->from = socket_life(s).state;
	event_counters(e, s);
	e->to = socket_drop(w) ? STATE_CLOSED : e->from;
	return true;
}

bool closing_undone(int fd, fd_word w)
{
	fd_word was = fd_ending(w);
	struct socket *s = socket_of(was);
	if (!s || !still_there(fd, s) || !fd_replace(fd, w, was))
		return false;
	if (!socket_of(was)) /* it was only in progress */
		fd_replace(fd, was, w);
	return true;
}

void closings_left(void)
{
	for (int fd = 0, end = fd_end(); fd < end; fd++)
		closing_undone(fd, fd_load(fd));
}

void tell_unseen(const char *op, int fd, fd_word w)
{
	struct event e = event(op, fd);
	if (!ends(&e, w))
		return;
	e.note = NOTE_closed_unseen;
	record(&e);
}

bool replaced(const char *op, int fd, fd_word old, long ret)
{
	struct event e = event(op, fd);
	struct socket *s = socket_of(old);
	if (s) {
		e.stack = stack_here();
		registrations_closed(s, old, fd, e.stack);
	}
	if (!ends(&e, old))
		return old == FD_OTHER;
	e.has_ret = true;
	e.ret = ret;
	record(&e);
	return true;
}
