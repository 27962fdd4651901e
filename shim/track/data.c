/* Calls that move bytes: see data.h; signal(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/data.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/stack/stack.h"

#include <signal.h>

/* A slow peer must not fill the trace: of waits below a second on one connection, only those at least twice as long as the last one
 * recorded are. */
static bool is_news(struct socket *s, uint64_t ns)
{
	uint16_t ms = (uint16_t)(ns / 1000000 < 1000 ? ns / 1000000 : 1000);
	uint16_t told = __atomic_load_n(&s->waited, __ATOMIC_RELAXED);
	if (ms < 1000 && ms / 2 < told)
		return false;
	__atomic_store_n(&s->waited, ms, __ATOMIC_RELAXED);
	return true;
}

/* A call that blocked its thread for long, judged by the timeout that was set. */
static void waited(const struct call *c, const char *op, enum act act, long ret)
{
	uint64_t ns = call_waited(c);
	bool can_have_timeout = c->life.state >= STATE_ESTABLISHED && life_kind(c->life) == KIND_socket;
	if (!ns || !can_have_timeout || c->life.flags & INHERITED || !is_news(c->socket, ns))
		return;
	struct event e = event(op, c->fd);
	e.sock = c->sock;
	e.from = e.to = c->life.state;
	e.has_ret = true;
	e.ret = ret;
	e.waited = ns;
	e.timeout = watch_timeout(c->fd, act == ACT_send);
	e.stack = stack_here();
	record(&e);
}

void data_told(struct call c, const char *op, enum act act, size_t want, long ret, int how)
{
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (ret == 0 && act == ACT_recv) {
		if (!want) /* nothing was requested, so this says nothing about the peer */
			return;
		if (c.life.type == SOCK_SEQPACKET && !watch_ended(c.fd)) /* an empty message */
			return;
		act = ACT_eof;
	}
	waited(&c, op, act, ret);
	bool plain = c.life.state >= STATE_ESTABLISHED || (c.life.state == STATE_BOUND && c.life.type == SOCK_DGRAM);
	if (ret > 0 && c.socket && plain && fd_load(c.fd) == c.word)
		return; /* bytes change nothing there */
	/* A datagram may have been for another destination than the peer, which still exists. */
	if (ret < 0 && errno == ECONNREFUSED && c.life.type == SOCK_DGRAM && watch_connected(c.fd))
		return;
	struct event e = event(op, c.fd);
	call_end(&c, act, ret, how | QUIET, &e);
}

void data_unusual(const struct quick *q, const char *op, enum side side, size_t want, int how)
{
	struct socket *s = q->socket;
	struct call c = {.fd = (int)q->fd, .word = q->word, .socket = s};
	c.began = (uint64_t)q->began.tv_sec * 1000000000 + (uint64_t)q->began.tv_nsec;
	if (__atomic_load_n(&s->inside[side], __ATOMIC_RELAXED) == q->tid || socket_of(q->word) == s) {
		c.sock = socket_id(s);
		c.life = socket_life(s);
		c.life.state = STATE_ESTABLISHED; /* before the call */
	} else {
		c.sock = call_met_about(q->tid);
	}
	call_leave(&c, op, side);
	if (!c.life.state) /* the record is another's */
		c.socket = NULL;
	data_end(&c, op, side == WRITING ? ACT_send : ACT_recv, want, q->ret, how);
}

bool data_dies(struct call c, const char *op)
{
	bool own = lifecycle_forbids_send(c.life), stream = c.life.type == SOCK_STREAM;
	bool gone = c.life.state == STATE_CLOSE_WAIT || (c.life.state <= STATE_BOUND && c.life.flags & WAS_CONNECTED);
	if (!own && (!stream || !gone || !watch_peer_gone(c.fd)))
		return false;
	/* Asks the kernel and the program's signal setup: is the socket unconnected, and would SIGPIPE kill? */
	struct {
		void (*handler)(int);
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} action = {0};
	uint64_t blocked = 0;
	if (own && !(c.life.flags & SHUT_WRITE) && watch_connected(c.fd))
		return false;
	if (sys4(SYS_rt_sigaction, SIGPIPE, NULL, &action, sizeof action.mask) || action.handler != SIG_DFL ||
	    sys4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked) || blocked >> (SIGPIPE - 1) & 1)
		return false;
	if (!own && __atomic_fetch_or(&c.socket->told, TOLD_PIPE, __ATOMIC_RELAXED) & TOLD_PIPE)
		return true;
	struct event e = event(op, c.fd);
	e.sock = c.sock;
	e.from = e.to = c.life.state;
	e.violation = own ? VIOLATION_wrong_state : VIOLATION_broken_pipe;
	e.stack = stack_here();
	record(&e);
	return true;
}
