/* What happens around a real call on a descriptor: see call.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/call.h"

#include "shim/kernel/sys.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/ended.h"
#include "shim/track/history.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"

struct call call_begin(int fd) { return call_begin_inline(fd); }

/* Threads that were found inside a call and report its stack when they come back: socket and thread id in one word, 0
 * for none. When there are too many, the oldest are dropped; they may never come back. */
static uint64_t met[8];

enum { MET_TID = 22 }; /* PID_MAX_LIMIT is 2^22 */
static uint64_t met_word(uint64_t sock, int tid) { return sock << MET_TID | (uint64_t)tid; }

void call_meet(uint64_t sock, int tid)
{
	static unsigned next;
	unsigned slot = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % (sizeof met / sizeof *met);
	__atomic_store_n(&met[slot], met_word(sock, tid), __ATOMIC_RELEASE);
}

uint64_t call_met_about(int tid)
{
	for (size_t i = 0; i < sizeof met / sizeof *met; i++) {
		uint64_t word = __atomic_load_n(&met[i], __ATOMIC_ACQUIRE);
		if (word == met_word(word >> MET_TID, tid))
			return word >> MET_TID;
	}
	return 0;
}

void call_met(struct call c, const char *op)
{
	uint64_t own = met_word(c.sock, thread_tid());
	for (size_t i = 0; i < sizeof met / sizeof *met; i++) {
		uint64_t found = own;
		if (!__atomic_compare_exchange_n(&met[i], &found, 0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		struct event e = event(op, c.fd);
		e.sock = c.sock;
		if (fd_load(c.fd) == c.word)
			e.from = e.to = socket_life(c.socket).state;
		e.note = NOTE_inside;
		e.stack = stack_here();
		record(&e);
		return;
	}
}

struct unused unused;

void call_first(struct call c, const char *op)
{
	struct socket *s = c.socket;
	if (!(c.life.flags & INHERITED) || __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_USED ||
	    __atomic_fetch_or(&s->told, TOLD_USED, __ATOMIC_RELAXED) & TOLD_USED)
		return;
	for (int side = READING; side <= WRITING; side++) {
		int was = UNUSED;
		__atomic_compare_exchange_n(&s->inside[side], &was, NOBODY, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
	__atomic_fetch_sub(&unused.sockets, 1, __ATOMIC_RELAXED);
	if (c.fd <= 2 && !trace_is_open()) /* passed on purpose, so no reason to make a trace */
		return;
	struct event e = event(op, c.fd);
	e.sock = c.sock;
	e.from = e.to = c.life.state;
	e.note = NOTE_first_use;
	record(&e);
}

void call_meets(struct call c, const char *op, int other)
{
	struct socket *s = c.socket;
	if (other == UNUSED) {
		call_first(c, op);
		return;
	}
	if (c.life.type != SOCK_STREAM || c.life.state < STATE_ESTABLISHED || c.life.state == STATE_LISTENING ||
	    c.life.flags & INHERITED || __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_CONCURRENT ||
	    !query_inside(other, c.fd, c.word) ||
	    __atomic_fetch_or(&s->told, TOLD_CONCURRENT, __ATOMIC_RELAXED) & TOLD_CONCURRENT)
		return;
	struct event e = event(op, c.fd);
	e.sock = c.sock;
	e.from = e.to = c.life.state;
	e.violation = VIOLATION_concurrent_io;
	e.other = other;
	e.stack = stack_here();
	record(&e);
	call_meet(c.sock, other);
}

/* The call failed with EBADF on a number that is known to be closed (sock: its former socket), or never to have been open. */
static __attribute__((noinline, cold)) void not_a_descriptor(const struct call *c, const char *op, uint64_t sock,
							     long ret)
{
	struct event e = event(op, c->fd);
	e.sock = sock;
	e.violation = sock ? VIOLATION_use_after_close : VIOLATION_bad_fd;
	e.has_ret = true;
	e.ret = ret;
	e.error = errno;
	e.stack = stack_here();
	record(&e);
}

bool call_number(const struct call *c, const char *op, long ret, int how)
{
	bool bad = ret < 0 && errno == EBADF;
	uint64_t sock = 0;
	if (bad && how & SEVERAL && c->fd >= 0 && sys2(SYS_fcntl, c->fd, F_GETFD) != -EBADF)
		bad = false; /* another descriptor of the call was at fault */
	switch (fd_kind(c->word)) {
	case FD_SOCKET:
		if (bad && c->socket && !still_there(c->fd, c->socket) &&
		    fd_replace(c->fd, c->word, fd_closed(c->sock, 0)))
			closed_unseen(op, c->fd, c->word);
		return fd_load(c->fd) != c->word || !c->socket;
	case FD_CLOSED:
		if (!bad) {
			if (!closing_undone(c->fd, c->word) && fd_replace(c->fd, c->word, FD_OTHER))
				trail_lost(c->fd, c->word);
		} else if ((sock = history_of(c->fd, c->word))) {
			not_a_descriptor(c, op, sock, ret);
		}
		return true;
	case FD_UNKNOWN:
		if (bad && how & SOCKET_CALL)
			not_a_descriptor(c, op, 0, ret);
		return true;
	default: return true;
	}
}

void call_check(const struct call *c, const char *op, long ret, int how)
{
	if (!process_active())
		return;
	call_uses(c, op);
	call_number(c, op, ret, how);
}

void call_refused(const char *op, int fd, int how)
{
	struct call c = call_begin(fd);
	call_number(&c, op, -1, how);
}

void not_open(const char *op, int fd, long ret)
{
	struct call c = call_begin(fd);
	if (fd_kind(c.word) == FD_SOCKET)
		call_number(&c, op, ret, 0);
	if (fd_kind(c.word) != FD_CLOSED || c.word & FD_TOLD || !fd_replace(fd, c.word, c.word | FD_TOLD))
		return;
	struct event e = event(op, fd);
	if (!(e.sock = history_of(fd, c.word)))
		return;
	e.violation = VIOLATION_use_after_close;
	e.has_ret = true;
	e.ret = ret;
	e.error = ret < 0 ? errno : 0;
	e.stack = stack_here();
	record(&e);
}

void call_settle(struct call *c, const char *op)
{
	int64_t since = c->life.state == STATE_CONNECTING ? watch_connected_for(c->fd) : -1;
	if (since < 0 || fd_load(c->fd) != c->word)
		return;
	struct socket *s = c->socket;
	struct life next = lifecycle_step(c->life, ACT_ask, 0).life;
	if (!__atomic_compare_exchange(&s->life, &c->life, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	struct event e = event(op, c->fd);
	e.sock = c->sock;
	e.from = c->life.state;
	e.to = next.state;
	e.has_ret = true;
	c->life = next;
	/* No byte has moved since it connected: the call that moved one would have recorded the connection. */
	__atomic_store_n(&s->last, watch_clock() - (uint64_t)since, __ATOMIC_RELAXED);
	__atomic_store_n(&s->gap, (uint64_t)since, __ATOMIC_RELAXED);
	event_counters(&e, s);
	record(&e);
}

/* Notes for a checkpoint what the state does not say. */
static void note_failure(const struct call *c, enum act act, int error)
{
	uint32_t failed = 0;
	if (error == EINPROGRESS || error == EINTR || error == EALREADY || error == EISCONN || error == EAGAIN)
		return;
	if (error && (act == ACT_connect || (act == ACT_ask && c->life.state == STATE_CONNECTING)))
		failed = FAILED_CONNECT;
	else if (error && (act == ACT_bind || act == ACT_bind_any))
		failed = FAILED_BIND;
	else if (error == ECONNRESET || error == EPIPE)
		failed = FAILED_RESET;
	if (failed)
		__atomic_fetch_or(&c->socket->failed, failed, __ATOMIC_RELAXED);
}

/* Judges a call that failed or that read the end of the stream. */
static uint8_t judge(const struct call *c, enum act act, int error, uint8_t violation, const struct event *e)
{
	struct socket *s = c->socket;
	uint8_t told = __atomic_load_n(&s->told, __ATOMIC_RELAXED);
	if (lifecycle_tells_end(c->life, act, error)) {
		__atomic_fetch_or(&s->told, TOLD_END, __ATOMIC_RELAXED);
		__atomic_store_n(&s->gone, __atomic_load_n(&trace_last, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	}
	note_failure(c, act, error);
	if (watch_exhausted(error))
		return VIOLATION_fd_exhaustion;
	if (violation == VIOLATION_ports_exhausted && !query_no_port(c->fd, error == EADDRNOTAVAIL ? e->peer : NULL))
		return VIOLATION_none;
	if (violation == VIOLATION_broken_pipe &&
	    (!(told & TOLD_END) || __atomic_fetch_or(&s->told, TOLD_PIPE, __ATOMIC_RELAXED) & TOLD_PIPE))
		return VIOLATION_none; /* the first sign of it, or reported already */
	return violation;
}

void call_end(const struct call *c, enum act act, long ret, int how, struct event *e)
{
	if (!process_active() || call_number(c, e->op, ret, how))
		return;
	int error = ret < 0 ? errno : 0;
	struct step step = lifecycle_step(c->life, act, error);
	if (socket_life(c->socket).state !=
	    c->life.state) /* another thread changed it meanwhile: not this call's fault */
		step.violation = VIOLATION_none;
	struct life was = c->life;
	while (step.life.state != was.state || step.life.flags != was.flags) {
		if (__atomic_compare_exchange(&c->socket->life, &was, &step.life, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED))
			break;
		step.life = lifecycle_step(was, act, error).life;
	}
	if (__builtin_expect(error || act == ACT_eof, 0))
		step.violation = judge(c, act, error, step.violation, e);
	if (step.life.state == STATE_ESTABLISHED && was.state != STATE_ESTABLISHED)
		__atomic_store_n(&c->socket->last, watch_clock(), __ATOMIC_RELAXED);
	uint64_t waited = act == ACT_connect ? call_waited(c) : 0;
	bool moot = error == EAGAIN || error == EINTR || error == EALREADY;
	if (was.state == step.life.state && !step.violation && !waited && (how & QUIET || moot))
		return;
	e->sock = c->sock;
	e->from = was.state;
	e->to = step.life.state;
	e->violation = step.violation;
	e->has_ret = true;
	e->ret = ret;
	e->error = error;
	if (waited) {
		e->waited = waited;
		e->timeout = watch_timeout(c->fd, true);
	}
	bool failed = error && error != EINPROGRESS && !moot; /* rare, and a report shows the place */
	if (e->violation || waited || failed)
		e->stack = stack_here();
	if (was.state != e->to || e->violation)
		event_counters(e, c->socket);
	record(e);
}
