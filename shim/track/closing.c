/* What happens around every call that closes a descriptor: see closing.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/closing.h"

#include "shim/kernel/watch.h"
#include "shim/lang/lang.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/brief.h"
#include "shim/track/carry.h"
#include "shim/track/ended.h"
#include "shim/track/history.h"
#include "shim/track/query.h"
#include "shim/track/registrations.h"
#include "shim/track/trail.h"

#include <netinet/in.h>

/* What the kernel knows of a TCP connection, right before its last descriptor is closed. */
static void look(int fd, const struct socket *s, unsigned state, uint32_t stack, int *unread, uint64_t *close_wait)
{
	*unread = query_unread(fd, stack);
	if (state == STATE_ESTABLISHED && watch_clock() >= __atomic_load_n(&s->last, __ATOMIC_RELAXED) + WAIT_TOLD)
		*close_wait = watch_close_wait(fd);
}

bool closing_shows(const struct closing_quick *q)
{
	int unread = 0;
	uint64_t close_wait = 0;
	struct life life = socket_life(q->socket);
	if (life.type != SOCK_STREAM || (life.family != AF_INET && life.family != AF_INET6))
		return false;
	look((int)q->fd, q->socket, life.state, q->stack, &unread, &close_wait);
	return unread || close_wait;
}

static void last_look(struct closing *c)
{
	const struct call *call = &c->call;
	const struct socket *s = call->socket;
	unsigned state = call->life.state;
	bool inet = call->life.family == AF_INET || call->life.family == AF_INET6;
	/* Once the end of the stream was read, nothing can follow. */
	bool open = state == STATE_ESTABLISHED || state == STATE_FIN_WAIT;
	if (!inet || call->life.type != SOCK_STREAM || !open || call->life.flags & (SHARED | INHERITED) ||
	    socket_refs(s) != 1)
		return;
	look(call->fd, s, state, c->stack, &c->unread, &c->close_wait);
}

/* Returns another thread that sleeps in a call on this very descriptor, or 0. */
static int in_use(const struct call *c)
{
	for (int side = READING; side <= WRITING; side++) {
		int *inside = &c->socket->inside[side], other = __atomic_load_n(inside, __ATOMIC_RELAXED);
		if (other <= 0 || other == thread_tid() || other == UNUSED || !query_inside(other, c->fd, 0))
			continue;
		call_meet(c->sock, other);
		int was = other; /* clearing its mark makes it check whether it was found */
		__atomic_compare_exchange_n(inside, &was, NOBODY, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
		return other;
	}
	return 0;
}

/* The thread that used one side of a socket last, if it is neither this one nor the socket's maker; or 0. */
static int other_user(const struct socket *s, enum side side)
{
	int tid = __atomic_load_n(&s->inside[side], __ATOMIC_RELAXED), was = tid < 0 ? -tid : tid;
	return tid == NOBODY || tid == UNUSED || was == s->maker || was == thread_tid() ? 0 : was;
}

/* Whether this thread was the last to read or write on a socket that another made, which means it was handed over. */
static bool used_here(const struct socket *s)
{
	int tid = thread_tid();
	return s->maker != tid && (__atomic_load_n(&s->inside[READING], __ATOMIC_RELAXED) == -tid ||
				   __atomic_load_n(&s->inside[WRITING], __ATOMIC_RELAXED) == -tid);
}

/* In a trace with bounds: keeps a line about the socket if this close may be a violation, for the shim or the analyzer,
 * while the kernel still knows the socket. */
static __attribute__((noinline, cold)) void keep(struct closing *c)
{
	enum { LATE = 5, IDLE = 60 };
	const struct socket *s = c->call.socket;
	uint64_t second = 1000000000, last = __atomic_load_n(&s->last, __ATOMIC_RELAXED), now = watch_clock(),
		 silent = last && now > last ? now - last : 0, gap = __atomic_load_n(&s->gap, __ATOMIC_RELAXED);
	unsigned state = c->call.life.state;
	bool gone = state == STATE_CLOSE_WAIT || state == STATE_CLOSING;
	enum violation code = c->in_use	  ? VIOLATION_close_in_use
			      : c->unread ? VIOLATION_unread_data
			      : c->close_wait > LATE * second || (gone && silent > LATE * second) ? VIOLATION_close_wait
			      : silent > IDLE * second || gap > IDLE * second			  ? VIOLATION_idle
			      : stack_closer(c->stack) != BY_PROGRAM				  ? VIOLATION_gc_closed
			      : c->call.life.flags & SHARED ? VIOLATION_held_by_child /* possibly */
							    : VIOLATION_none;
	c->kept = code && carry_life(c->call.fd, c->call.sock, code);
}

void closing_say_long(const struct socket *s)
{
	uint64_t sock = socket_id(s);
	uint64_t all = eight(sock % EIGHT), leading = (uint64_t)__builtin_ctzll(all | 1ull << 56) & ~7ull;
	if (sock < EIGHT) /* a process may have more; of those, none is said */
		__atomic_store_n(trace_closing, htole64((all | ZEROS) >> leading | BLANKS), __ATOMIC_RELAXED);
}

void closing_begin_of(struct closing *c, const char *op, uint32_t op_len, int fd, bool alone)
{
	c->call = call_begin_inline(fd);
	c->op = op;
	c->op_len = op_len;
	c->armed = c->quiet = c->used = c->kept = false;
	c->in_use = c->unread = c->reader = c->writer = 0;
	c->close_wait = 0;
	struct socket *s = c->call.socket;
	if (__builtin_expect(!s, 0)) {
		if (c->call.word == FD_OTHER)
			c->quiet = closing_quiet(op, fd);
		else if ((s = socket_of(fd_ending(c->call.word))) && still_there(fd, s))
			c->call.socket = s;
		return;
	}
	uint32_t stack = c->stack = stack_here();
	if (__builtin_expect(c->call.life.state == STATE_CONNECTING, 0))
		call_settle(&c->call, "connect");
	last_look(c);
	if (alone)
		c->in_use = in_use(&c->call);
	c->used = used_here(s);
	c->reader = other_user(s, READING);
	c->writer = other_user(s, WRITING);
	registrations_closing(s, fd);
	if (__builtin_expect(trace_bounds() != UINT64_MAX, 0))
		keep(c);
	uint64_t t = c->t = trace_now();
	c->armed = fd_replace(fd, c->call.word, fd_closed(c->call.sock, c->call.word));
	if (c->armed && socket_refs(s) == 1)
		closing_say(s);
	if (c->armed)
		trail_closed(fd, op, stack, t);
	else /* another thread is closing it too; its tombstone is what we see now */
		c->call = call_begin(fd);
}

void closing_abandoned(const struct call *c, const char *op)
{
	struct socket *s = c->socket;
	if (!s || c->life.flags & INHERITED || !lang_abandons() || lang_ends() ||
	    __atomic_fetch_or(&s->told, TOLD_ABANDONED, __ATOMIC_RELAXED) & TOLD_ABANDONED)
		return;
	struct event e = event(op, c->fd);
	e.sock = c->sock;
	e.from = e.to = c->life.state;
	e.stack = stack_here();
	e.violation = VIOLATION_gc_closed;
	event_counters(&e, s);
	record(&e);
}

/* Daemons close every number that might be open, except a few. Such a sweep is recognized by numbers in it that are not
 * open. */
static __attribute__((noinline)) void tell_sweep(const char *op)
{
	struct sweep *s = &thread.sweep;
	struct event e = event(op, s->first);
	s->said = true;
	e.has_newfd = true;
	e.newfd = s->last;
	e.note = NOTE_sweep;
	record(&e);
}

static inline bool sweeping(int fd, fd_word w, const char *op, bool bad)
{
	enum { KEPT = 8 }; /* in a row */
	struct sweep *s = &thread.sweep;
	int step = fd - s->last;
	bool up = step > 0 && step <= KEPT && s->first <= s->last,
	     down = step < 0 && step >= -KEPT && s->first >= s->last;
	if (fd < 0)
		return false;
	if (!up && !down)
		*s = (struct sweep){.first = fd};
	s->last = fd;
	if (bad && (fd_kind(w) != FD_CLOSED || !fd_closed_sock(w)))
		s->absent++;
	if (__builtin_expect(s->absent < 3, 1))
		return false;
	if (s->tagged && !s->said)
		tell_sweep(op);
	return true;
}

/* Whether this close of a descriptor leaves the run of closes as it is: the same number again, as most programs close, and nothing to tell. */
static inline bool sweep_stays(int fd)
{
	const struct sweep *s = &thread.sweep;
	return s->last == fd && s->first == fd && !s->absent && !s->tagged;
}

void closing_quiet_end(const char *op, int fd, long ret)
{
	bool bad = ret < 0 && errno == EBADF;
	sweeping(fd, FD_OTHER, op, bad);
	if (__builtin_expect(bad, 0)) /* it was closed at an unknown time */
		fd_replace(fd, FD_GONE, FD_UNKNOWN);
}

/* The number held no socket, as far as was known. */
static __attribute__((noinline)) void closed_nothing(const struct closing *c, struct event *e, bool bad, bool swept)
{
	switch (fd_kind(c->call.word)) {
	case FD_CLOSED:
		if (!bad) { /* left from an earlier close that the host abandoned, or not a socket */
			if (c->call.socket)
				replaced(c->op, e->fd, fd_ending(c->call.word), e->ret);
			else if (fd_replace(e->fd, c->call.word, FD_GONE))
				trail_lost(e->fd, c->call.word);
			return;
		}
		if (swept || !(e->sock = history_of(e->fd, c->call.word)))
			return;
		e->violation = VIOLATION_double_close;
		e->stack = stack_here();
		e->note = stack_closer(e->stack) != BY_PROGRAM ? NOTE_collected : NOTE_none;
		thread.sweep.tagged++;
		record(e);
		return;
	case FD_UNKNOWN:
		if (!bad) /* it was a descriptor, though not a socket */
			fd_replace(e->fd, FD_UNKNOWN, FD_GONE);
		return;
	default: return;
	}
}

/* What the line tells beside the usual. */
static __attribute__((noinline)) void closed_oddly(const struct closing *c, struct brief b, int error, uint64_t gap,
						   enum closer by)
{
	struct event e = {.op = b.op, .op_len = b.op_len, .fd = b.fd, .sock = b.sock, .t = b.t, .stack = b.stack};
	e.has_ret = true;
	e.ret = b.ret;
	e.error = error;
	e.from = b.from;
	e.to = b.to;
	e.rx = b.rx;
	e.tx = b.tx;
	e.last = b.last;
	e.gap = gap;
	e.close_wait = c->close_wait;
	e.unread = c->unread;
	e.used = c->used;
	e.other = c->in_use;
	e.reader = c->reader;
	e.writer = c->writer;
	e.note = by == BY_END ? NOTE_interpreter_end : NOTE_none;
	e.violation = by == BY_END	   ? VIOLATION_none
		      : c->in_use	   ? VIOLATION_close_in_use
		      : by == BY_COLLECTOR ? VIOLATION_gc_closed
		      : c->unread	   ? VIOLATION_unread_data
					   : VIOLATION_none;
	e.keep = c->kept;
	record(&e);
}

/* Takes the descriptor from its socket, whose record may be reused from then on. */
static inline __attribute__((always_inline)) struct brief ended(const struct closing_quick *q, const char *op,
								uint32_t op_len, long ret)
{
	const struct socket *s = q->socket;
	struct brief b; /* not cleared: each member that is read is set */
	b.op = op;
	b.op_len = op_len;
	b.fd = (int)q->fd;
	b.sock = q->sock;
	b.t = q->t;
	b.text = s->text;
	b.ret = ret;
	b.stack = q->stack;
	b.made = b.cloexec = false;
	b.life = (struct life){0};
	b.from = socket_life(s).state;
	b.rx = __atomic_load_n(&s->rx, __ATOMIC_RELAXED);
	b.tx = __atomic_load_n(&s->tx, __ATOMIC_RELAXED);
	b.last = __atomic_load_n(&s->last, __ATOMIC_RELAXED);
	bool last = carry_drop(q->word, q->t);
	b.to = last ? STATE_CLOSED : b.from;
	if (__builtin_expect(!last, 0)) /* other descriptors keep it open, so this close was not abandoned */
		fd_replace((int)q->fd, fd_closed(q->sock, q->word), fd_closed(q->sock, 0));
	return b;
}

/* Not inlined: the line would be on the stack while others walk it. */
static __attribute__((noinline)) void closed(const struct closing *c, int error, long ret)
{
	struct socket *s = c->call.socket;
	struct life life = socket_life(s);
	struct closing_quick q = {c->call.fd, c->stack, 0, c->call.word, s, c->call.sock, c->t, ret};
	registrations_closed(s, c->call.word, c->call.fd, c->stack);
	uint64_t gap = __atomic_load_n(&s->gap, __ATOMIC_RELAXED);
	enum closer by = life.flags & INHERITED ? BY_PROGRAM : stack_closer(c->stack);
	if (by != BY_PROGRAM && __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_ABANDONED)
		by = BY_PROGRAM;
	struct brief b = ended(&q, c->op, c->op_len, ret);
	if (__builtin_expect(error | c->unread | c->in_use | c->reader | c->writer | c->used | c->kept | (int)by ||
				     c->close_wait || gap >= WAIT_TOLD,
			     0))
		closed_oddly(c, b, error, gap, by);
	else
		record_brief(&b);
}

void closing_end(const struct closing *c, long ret)
{
	if (!process_active())
		return;
	int fd = c->call.fd, error = ret < 0 ? errno : 0;
	const char *op = c->op;
	if (c->quiet) {
		closing_quiet_end(op, fd, ret);
		return;
	}
	bool bad = error == EBADF, swept = sweeping(fd, c->call.word, op, bad);
	if (c->armed && bad) {
		closed_unseen(op, fd, c->call.word);
	} else if (c->armed) {
		closed(c, error, ret);
	} else {
		struct event e = {.op = op, .op_len = c->op_len, .fd = fd};
		e.has_ret = true;
		e.ret = ret;
		e.error = error;
		closed_nothing(c, &e, bad, swept);
	}
}

static __attribute__((noinline)) void closing_unusual(const struct closing_quick *q, const char *op, uint32_t op_len)
{
	struct closing c = {.op = op, .op_len = op_len, .stack = q->stack, .t = q->t, .armed = true};
	c.call = (struct call){(int)q->fd, q->word, q->socket, q->sock, socket_life(q->socket), 0};
	closing_end(&c, q->ret);
}

int closing_quick_end(const struct closing_quick *q, const char *op, uint32_t op_len)
{
	const struct socket *s = q->socket;
	if (__builtin_expect(q->ret || !process_surely() || s->registered || JOINED(s->gap) >= WAIT_TOLD ||
				     stack_closer(q->stack) != BY_PROGRAM,
			     0)) {
		closing_unusual(q, op, op_len);
		return (int)q->ret;
	}
	if (__builtin_expect(!sweep_stays((int)q->fd), 0))
		sweeping((int)q->fd, q->word, op, false);
	struct brief b = ended(q, op, op_len, 0);
	record_brief(&b);
	return 0;
}
