/* Descriptors that come into being: see make.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/make.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/ended.h"
#include "shim/track/query.h"

void made(struct event *e)
{
	if (!process_active())
		return;
	fd_word w;
	struct socket *s = socket_new(e->life, &w);
	if (!s) {
		trace_lose();
		return;
	}
	if (e->cookie)
		socket_keep_cookie(s, e->cookie, s->sock);
	s->maker = thread_tid();
	if (e->life.state == STATE_ESTABLISHED)
		s->last = watch_clock();
	closed_unseen(e->op, e->fd, fd_swap(e->fd, w));
	e->t = trace_now();
	s->stack = e->stack = stack_here();
	e->sock = s->sock;
	e->to = e->life.state;
	e->has_kind = true;
	if (watch_opened() && !e->violation)
		e->violation = VIOLATION_fd_exhaustion;
	record(e);
}

void made_from_kernel(const char *op, int fd)
{
	struct event e = event(op, fd);
	struct sockaddr_storage local, peer;
	e.local_len = sizeof local;
	e.peer_len = sizeof peer;
	if (!kernel_life(fd, &e.life)) {
		made_other(op, fd);
		return;
	}
	if (!sys3(SYS_getsockname, fd, &local, &e.local_len))
		e.local = (void *)&local;
	if (!sys3(SYS_getpeername, fd, &peer, &e.peer_len))
		e.peer = (void *)&peer;
	sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &e.cookie, sizeof e.cookie);
	e.life.flags |= SHARED; /* whoever sent it may hold it still */
	e.has_ret = true;
	e.ret = fd;
	made(&e);
}

void made_other(const char *op, int fd)
{
	if (process_active() && fd_kind(fd_load(fd)) != FD_OTHER)
		closed_unseen(op, fd, fd_swap(fd, FD_OTHER));
}

void failed(const char *op, int fd, uint64_t sock, unsigned state)
{
	if (!process_active())
		return;
	struct event e = event(op, fd);
	e.sock = sock;
	e.from = e.to = (uint8_t)state;
	e.has_ret = true;
	e.ret = -1;
	e.error = errno;
	if ((e.error == EMFILE || e.error == ENFILE) && watch_exhausted())
		e.violation = VIOLATION_fd_exhaustion;
	e.stack = stack_here();
	record(&e);
}

void duplicated(const struct call *from, const char *op, int newfd, bool over, bool cloexec, long ret)
{
	if (!process_active())
		return;
	if (ret < 0 || (over && newfd == from->fd)) {
		call_number(from, op, ret, SEVERAL);
		if (from->socket && ret < 0 && (errno == EMFILE || errno == ENFILE))
			failed(op, from->fd, from->sock, from->life.state);
		return;
	}
	fd_word w = from->socket && socket_ref(from->word) ? from->word : FD_OTHER;
	fd_word old = fd_load(newfd);
	if (w != FD_OTHER || fd_kind(old) != FD_OTHER)
		old = fd_swap(newfd, w);
	if (over)
		replaced(op, newfd, old, ret);
	else
		closed_unseen(op, newfd, old);
	call_number(from, op, ret, 0);
	if (w == FD_OTHER)
		return;
	struct event e = event(op, from->fd);
	if (watch_opened())
		e.violation = VIOLATION_fd_exhaustion;
	e.sock = from->sock;
	e.from = e.to = from->life.state;
	e.has_newfd = true;
	e.newfd = newfd;
	e.cloexec = cloexec;
	e.has_ret = true;
	e.ret = ret;
	e.stack = stack_here();
	record(&e);
}

void inheritable(const struct call *c, const char *op)
{
	if (!process_active() || !c->socket)
		return;
	struct event e = event(op, c->fd);
	e.sock = c->sock;
	e.from = e.to = c->life.state;
	e.has_ret = true;
	e.note = NOTE_inheritable;
	record(&e);
}
