/* From a hooked call to lines of the trace: see record.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/record.h"

#include "shim/api/check.h"
#include "shim/trace/jsonl.h"
#include "shim/process/process.h"
#include "shim/stack/stack.h"
#include "shim/kernel/sys.h"
#include "shim/process/thread.h"
#include "shim/trace/trace.h"
#include "shim/kernel/watch.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>

/* Names of numbers, in the order in which they are met. */
#define NAME(x)                     \
	{                           \
		x, JSONL_PADDED(#x) \
	}
static const struct name {
	int value;
	struct jsonl_padded name;
} families[] = {NAME(AF_INET),	 NAME(AF_INET6), NAME(AF_UNIX), NAME(AF_NETLINK),
		NAME(AF_PACKET), NAME(AF_VSOCK), NAME(AF_ALG),	{0}},
  types[] = {NAME(SOCK_STREAM), NAME(SOCK_DGRAM), NAME(SOCK_RAW), NAME(SOCK_SEQPACKET), {0}};
#undef NAME

/* Room for what a table does not have: "SOCK_4294967295". */
static char *put_number_name(char *at, const char *prefix, unsigned value)
{
	*at++ = '"';
	at = jsonl_decimal(stpcpy(at, prefix), value);
	*at++ = '"';
	return at;
}

static inline void put_name(struct jsonl *j, const char *key, const struct name *table, int value, const char *prefix)
{
	char *at = jsonl_key(j, key, 40);
	if (!at)
		return;
	while (table->name.len && table->value != value)
		table++;
	j->at = table->name.len ? jsonl_put_padded(at, &table->name) : put_number_name(at, prefix, (unsigned)value);
}

static inline struct jsonl put_kind(struct jsonl j, struct life life)
{
	put_name(&j, "family", families, life.family, "AF_");
	put_name(&j, "type", types, life.type, "SOCK_");
	return j;
}

void record_kind(struct jsonl *j, struct life life) { *j = put_kind(*j, life); }

static inline void put_errno(struct jsonl *j, int error)
{
	extern const char *strerrorname_np(int) __attribute__((weak));
	const char *name = strerrorname_np ? strerrorname_np(error) : NULL;
	char *at;
	if (name)
		jsonl_word(j, "errno", name);
	else if ((at = jsonl_key(j, "errno", 40)))
		j->at = put_number_name(at, "E", (unsigned)error);
}

/* The same in each line of a thread, so made once. A signal handler may make it at the same time: of the same bytes. */
static __attribute__((noinline)) void make_ids(void)
{
	struct jsonl ids = {.start = thread.ids, .at = thread.ids, .end = thread.ids + sizeof thread.ids};
	jsonl_int(&ids, "pid", process_pid());
	jsonl_int(&ids, "tid", thread_tid());
	__atomic_store_n(&thread.ids_len, (uint8_t)(ids.at - ids.start), __ATOMIC_RELEASE);
}

static inline void put_ids(struct jsonl *j)
{
	if (__builtin_expect(!thread.ids_len, 0))
		make_ids();
	memcpy(j->at, thread.ids, sizeof thread.ids);
	j->at += thread.ids_len;
}

static inline void put_state(struct jsonl *j, const char *key, unsigned state)
{
	static const struct jsonl_padded states[STATES] = {
		[STATE_NONE] = JSONL_PADDED("null"),
#define STATE(id, text) [STATE_##id] = JSONL_PADDED("\"" text "\""),
#include "shim/model/event.def"
	};
	char *at = jsonl_key(j, key, sizeof *states);
	if (!at)
		return;
	memcpy(at, &states[state], sizeof *states);
	j->at = at + states[state].len;
}

/* The keys that few lines have. */
static __attribute__((noinline)) struct jsonl put_rare(struct jsonl j, const struct event *e)
{
	if (e->gap >= WAIT_TOLD)
		jsonl_uint(&j, "gap", e->gap);
	if (e->waited)
		jsonl_uint(&j, "waited", e->waited);
	if (e->timeout)
		jsonl_uint(&j, "timeout", e->timeout);
	if (e->close_wait)
		jsonl_uint(&j, "close_wait", e->close_wait);
	if (e->unread)
		jsonl_int(&j, "unread", e->unread);
	if (e->cookie)
		jsonl_digits(&j, "cookie", e->cookie);
	if (e->inherited)
		jsonl_bool(&j, "inherited", true);
	if (e->cloexec)
		jsonl_bool(&j, "cloexec", true);
	if (e->used)
		jsonl_bool(&j, "used", true);
	if (e->other)
		jsonl_int(&j, "other", e->other);
	if (e->note)
		jsonl_word(&j, "note", note_name(e->note));
	if (e->violation) {
		jsonl_word(&j, "violation", violation_name(e->violation));
		check_note(e->violation, e->op, e->fd);
	}
	return j;
}

/* `j` stays in registers: what is not inlined must not take its address. */
void record(const struct event *e)
{
	char line[1024];
	struct jsonl j = jsonl_open(line, sizeof line, "fd");
	jsonl_uint(&j, "t", e->t ? e->t : trace_now());
	put_ids(&j);
	jsonl_words(&j, "op", e->op, e->op_len);
	jsonl_int(&j, "fd", e->fd);
	if (e->sock)
		jsonl_uint(&j, "sock", e->sock);
	put_state(&j, "from", e->from);
	put_state(&j, "to", e->to);
	if (e->has_ret)
		jsonl_int(&j, "ret", e->ret);
	if (e->error)
		put_errno(&j, e->error);
	if (e->stack)
		jsonl_uint(&j, "stack", e->stack);
	if (e->has_newfd)
		jsonl_int(&j, "newfd", e->newfd);
	if (e->has_backlog)
		jsonl_int(&j, "backlog", e->backlog);
	if (e->has_listener)
		jsonl_int(&j, "listener", e->listener);
	if (e->has_kind)
		j = put_kind(j, e->life);
	if (e->local)
		jsonl_address(&j, "local", e->local, e->local_len);
	if (e->peer)
		jsonl_address(&j, "peer", e->peer, e->peer_len);
	if (e->rx)
		jsonl_uint(&j, "rx", e->rx);
	if (e->tx)
		jsonl_uint(&j, "tx", e->tx);
	if (e->last && (e->rx || e->tx))
		jsonl_uint(&j, "last", e->last);
	if (e->gap >= WAIT_TOLD ||
	    e->waited | e->timeout | e->close_wait | e->cookie | (unsigned)(e->unread | e->other) ||
	    e->inherited | e->cloexec | e->used | e->note | e->violation)
		j = put_rare(j, e);
	if (trace_put(line, jsonl_close(&j)))
		__atomic_fetch_add(&trace_events, 1, __ATOMIC_RELAXED);
}

static void put_counters(struct event *e, const struct socket *s)
{
	e->rx = __atomic_load_n(&s->rx, __ATOMIC_RELAXED);
	e->tx = __atomic_load_n(&s->tx, __ATOMIC_RELAXED);
	e->last = __atomic_load_n(&s->last, __ATOMIC_RELAXED);
	e->gap = __atomic_load_n(&s->gap, __ATOMIC_RELAXED);
}

/* One descriptor less. */
static bool drop(fd_word w)
{
	watch_closed();
	return socket_unref(w);
}

uint64_t cookie_of(int fd, fd_word w)
{
	struct socket *s = socket_of(w);
	if (!s)
		return 0;
	uint64_t sock = socket_id(s), cookie = socket_cookie(s);
	if (!cookie) {
		if (sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie) || fd_load(fd) != w)
			return 0;
		socket_keep_cookie(s, cookie, sock);
	}
	return cookie;
}

struct call call_begin(int fd)
{
	struct call c = {.fd = fd, .word = process_active() ? fd_load(fd) : FD_OTHER};
	if (fd_kind(c.word) != FD_SOCKET)
		return c;
	if (!trace_is_open()) /* lists the inherited ones, of which this may be one */
		trace_open();
	c.socket = socket_of(c.word);
	if (c.socket) {
		c.sock = c.socket->sock;
		c.life = socket_life(c.socket);
	}
	return c;
}

/* Threads met inside a call, which are to say from where they made it once they are back: socket and thread in a word, 0 for none.
 * Of those who never come back the oldest give way. */
static uint64_t met[8];

static uint64_t met_word(uint64_t sock, int tid) { return sock << 22 | (uint64_t)tid; /* PID_MAX_LIMIT is 2^22 */ }

static void meet(uint64_t sock, int tid)
{
	static unsigned next;
	unsigned slot = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % (sizeof met / sizeof *met);
	__atomic_store_n(&met[slot], met_word(sock, tid), __ATOMIC_RELEASE);
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

void call_meets(struct call c, const char *op, int other)
{
	struct socket *s = c.socket;
	if (c.life.type != SOCK_STREAM || c.life.state < STATE_ESTABLISHED || c.life.state == STATE_LISTENING ||
	    c.life.flags & INHERITED || __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_CONCURRENT ||
	    !watch_inside(other, c.fd, c.word) ||
	    __atomic_fetch_or(&s->told, TOLD_CONCURRENT, __ATOMIC_RELAXED) & TOLD_CONCURRENT)
		return;
	struct event e = event(op, c.fd);
	e.sock = c.sock;
	e.from = e.to = c.life.state;
	e.violation = VIOLATION_concurrent_io;
	e.other = other;
	e.stack = stack_here();
	record(&e);
	meet(c.sock, other);
}

/* One descriptor of the socket behind w ends: counts it out, and says so in `e`. False: there is no such socket. */
static bool ends(struct event *e, fd_word w)
{
	struct socket *s = socket_of(w);
	if (!s)
		return false;
	e->sock = s->sock;
	e->from = socket_life(s).state;
	put_counters(e, s);
	e->to = drop(w) ? STATE_CLOSED : e->from;
	return true;
}

void closed_unseen(const char *op, int fd, fd_word w)
{
	struct event e = event(op, fd);
	if (!ends(&e, w))
		return;
	e.note = NOTE_closed_unseen;
	record(&e);
}

bool still_there(int fd, const struct socket *s)
{
	uint64_t cookie, known = socket_cookie(s);
	return !sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie) && (!known || known == cookie);
}

/* The number itself is at fault, or proves alive. True: told, or nothing more to tell. */
static bool number_end(const struct call *c, const char *op, long ret, int how)
{
	struct event e = event(op, c->fd);
	bool bad = ret < 0 && errno == EBADF;
	if (bad && how & SEVERAL && c->fd >= 0 && sys2(SYS_fcntl, c->fd, F_GETFD) != -EBADF)
		bad = false; /* another descriptor of the call was meant */
	switch (fd_kind(c->word)) {
	case FD_SOCKET:
		if (bad && c->socket && !still_there(c->fd, c->socket) &&
		    fd_replace(c->fd, c->word, fd_closed(c->sock)))
			closed_unseen(op, c->fd, c->word);
		return fd_load(c->fd) != c->word || !c->socket;
	case FD_CLOSED:
		if (!bad) {
			fd_replace(c->fd, c->word, FD_OTHER);
			return true;
		}
		e.sock = fd_closed_sock(c->word);
		e.violation = VIOLATION_use_after_close;
		break;
	case FD_UNKNOWN:
		if (!bad || !(how & SOCKET_CALL))
			return true;
		e.violation = VIOLATION_bad_fd;
		break;
	default: return true;
	}
	e.has_ret = true;
	e.ret = ret;
	e.error = errno;
	e.stack = stack_here();
	record(&e);
	return true;
}

void call_check(const struct call *c, const char *op, long ret, int how)
{
	if (process_active())
		number_end(c, op, ret, how);
}

void not_open(const char *op, int fd, long ret)
{
	struct call c = call_begin(fd);
	if (fd_kind(c.word) == FD_SOCKET)
		number_end(&c, op, ret, 0);
	if (fd_kind(c.word) != FD_CLOSED || c.word & FD_TOLD || !fd_replace(fd, c.word, c.word | FD_TOLD))
		return;
	struct event e = event(op, fd);
	e.sock = fd_closed_sock(c.word);
	e.violation = VIOLATION_use_after_close;
	e.has_ret = true;
	e.ret = ret;
	e.error = ret < 0 ? errno : 0;
	e.stack = stack_here();
	record(&e);
}

/* Nanoseconds inside the call, 0 when not worth a word. */
static uint64_t waited_for(const struct call *c)
{
	uint64_t now = c->began ? watch_clock() : 0;
	return now >= c->began + WAIT_TOLD ? now - c->began : 0;
}

void call_end(const struct call *c, enum act act, long ret, int how, struct event *e)
{
	if (!process_active() || number_end(c, e->op, ret, how))
		return;
	int error = ret < 0 ? errno : 0;
	struct step step = lifecycle_step(c->life, act, error);
	if (socket_life(c->socket).state !=
	    c->life.state) /* changed by another thread meanwhile: not this call's fault */
		step.violation = VIOLATION_none;
	struct life was = c->life;
	while (step.life.state != was.state || step.life.flags != was.flags) {
		if (__atomic_compare_exchange(&c->socket->life, &was, &step.life, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED))
			break;
		step.life = lifecycle_step(was, act, error).life;
	}
	if ((error == EMFILE || error == ENFILE) && watch_exhausted())
		step.violation = VIOLATION_fd_exhaustion;
	if (step.violation == VIOLATION_broken_pipe &&
	    __atomic_fetch_or(&c->socket->told, TOLD_PIPE, __ATOMIC_RELAXED) & TOLD_PIPE)
		step.violation = VIOLATION_none;
	if (step.life.state == STATE_ESTABLISHED && was.state != STATE_ESTABLISHED)
		__atomic_store_n(&c->socket->last, watch_clock(), __ATOMIC_RELAXED);
	uint64_t waited = act == ACT_connect ? waited_for(c) : 0;
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
	if (e->violation || waited)
		e->stack = stack_here();
	if (was.state != e->to || e->violation)
		put_counters(e, c->socket);
	record(e);
}

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

/* What a dup2 or a freopen put itself over: told as its end. */
static void replaced(const char *op, int fd, fd_word old, long ret)
{
	struct event e = event(op, fd);
	if (!ends(&e, old))
		return;
	e.has_ret = true;
	e.ret = ret;
	e.stack = stack_here();
	record(&e);
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
		number_end(from, op, ret, SEVERAL);
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
	number_end(from, op, ret, 0);
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

/* What the kernel has to say of a TCP connection right before its last descriptor goes. */
static void last_look(struct closing *c)
{
	const struct call *call = &c->call;
	const struct socket *s = call->socket;
	unsigned state = call->life.state;
	bool inet = call->life.family == AF_INET || call->life.family == AF_INET6;
	/* Once the end of the stream was read, nothing can lie behind it. */
	bool open = state == STATE_ESTABLISHED || state == STATE_FIN_WAIT;
	if (!inet || call->life.type != SOCK_STREAM || !open || call->life.flags & (SHARED | INHERITED) ||
	    socket_refs(s) != 1)
		return;
	c->unread = watch_unread(call->fd, c->stack);
	if (state == STATE_ESTABLISHED && watch_clock() >= __atomic_load_n(&s->last, __ATOMIC_RELAXED) + WAIT_TOLD)
		c->close_wait = watch_close_wait(call->fd);
}

/* Another thread that sleeps in a call on this very number, or 0. */
static int in_use(const struct call *c)
{
	for (int side = READING; side <= WRITING; side++) {
		int *inside = &c->socket->inside[side], other = __atomic_load_n(inside, __ATOMIC_RELAXED);
		if (other <= 0 || other == thread_tid() || !watch_inside(other, c->fd, 0))
			continue;
		meet(c->sock, other);
		int was = other; /* so that it looks whether it was met */
		__atomic_compare_exchange_n(inside, &was, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
		return other;
	}
	return 0;
}

/* Whether this thread was the last to read or to write on a socket that another made: it was handed over, then. */
static bool used_here(const struct socket *s)
{
	int tid = thread_tid();
	return s->maker != tid && (__atomic_load_n(&s->inside[READING], __ATOMIC_RELAXED) == -tid ||
				   __atomic_load_n(&s->inside[WRITING], __ATOMIC_RELAXED) == -tid);
}

struct closing closing_begin(int fd, bool alone)
{
	struct closing c = {.call = call_begin(fd)};
	if (!c.call.socket)
		return c;
	c.stack = stack_here();
	last_look(&c);
	c.in_use = alone ? in_use(&c.call) : 0;
	c.used = used_here(c.call.socket);
	c.t = trace_now();
	c.armed = fd_replace(fd, c.call.word, fd_closed(c.call.sock));
	if (!c.armed) /* another thread is closing it too: its tombstone is ours now */
		c.call = call_begin(fd);
	return c;
}

/* Daemons close every number they might have, but for a few that they keep. Such a run is known by numbers in it that are no
 * descriptors at all. */
static bool sweeping(const struct call *c, const char *op, bool bad)
{
	enum { KEPT = 8 }; /* in a row */
	struct sweep *s = &thread.sweep;
	int step = c->fd - s->last;
	bool up = step > 0 && step <= KEPT && s->first <= s->last,
	     down = step < 0 && step >= -KEPT && s->first >= s->last;
	if (c->fd < 0)
		return false;
	if (!up && !down)
		*s = (struct sweep){.first = c->fd};
	s->last = c->fd;
	if (bad && fd_kind(c->word) != FD_CLOSED)
		s->absent++;
	if (s->absent < 3)
		return false;
	if (s->tagged && !s->said) {
		struct event e = event(op, s->first);
		s->said = true;
		e.has_newfd = true;
		e.newfd = s->last;
		e.note = NOTE_sweep;
		record(&e);
	}
	return true;
}

void closing_end(const struct closing *c, const char *op, long ret)
{
	if (!process_active())
		return;
	int fd = c->call.fd;
	bool bad = ret < 0 && errno == EBADF, swept = sweeping(&c->call, op, bad);
	if (c->armed && bad) {
		closed_unseen(op, fd, c->call.word);
		return;
	}
	struct event e = event(op, fd);
	e.has_ret = true;
	e.ret = ret;
	e.error = ret < 0 ? errno : 0;
	if (c->armed) {
		struct socket *s = c->call.socket;
		e.t = c->t;
		e.stack = c->stack;
		e.sock = c->call.sock;
		e.from = socket_life(s).state;
		put_counters(&e, s);
		e.close_wait = c->close_wait;
		e.unread = c->unread;
		e.used = c->used;
		e.other = c->in_use;
		bool collected = !(socket_life(s).flags & INHERITED) && stack_finalizes(c->stack);
		e.violation = c->in_use	  ? VIOLATION_close_in_use
			      : collected ? VIOLATION_gc_closed
			      : c->unread ? VIOLATION_unread_data
					  : VIOLATION_none;
		e.to = drop(c->call.word) ? STATE_CLOSED : e.from;
		record(&e);
		return;
	}
	switch (fd_kind(c->call.word)) {
	case FD_CLOSED:
		if (!bad) {
			fd_replace(fd, c->call.word, FD_OTHER);
			return;
		}
		if (swept)
			return;
		e.sock = fd_closed_sock(c->call.word);
		e.violation = VIOLATION_double_close;
		e.stack = stack_here();
		thread.sweep.tagged++;
		record(&e);
		return;
	case FD_UNKNOWN:
		if (!bad) /* it was a descriptor, though no socket */
			fd_replace(fd, FD_UNKNOWN, FD_OTHER);
		return;
	default: return;
	}
}

/* A peer that answers slowly shall not fill the trace: of the waits of a connection below a second, each told is twice the last. */
static bool is_news(struct socket *s, uint64_t ns)
{
	uint16_t ms = (uint16_t)(ns / 1000000 < 1000 ? ns / 1000000 : 1000);
	uint16_t told = __atomic_load_n(&s->waited, __ATOMIC_RELAXED);
	if (ms < 1000 && ms / 2 < told)
		return false;
	__atomic_store_n(&s->waited, ms, __ATOMIC_RELAXED);
	return true;
}

/* A call on a connection that kept its thread for long: judged by what timeout there was. */
static void waited(const struct call *c, const char *op, enum act act, long ret)
{
	uint64_t ns = waited_for(c);
	if (!ns || c->life.state < STATE_ESTABLISHED || c->life.flags & INHERITED || !is_news(c->socket, ns))
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
		if (!want) /* asked for nothing: no word of the peer */
			return;
		if (c.life.type == SOCK_SEQPACKET && !watch_ended(c.fd)) /* an empty message */
			return;
		act = ACT_eof;
	}
	waited(&c, op, act, ret);
	bool plain = c.life.state >= STATE_ESTABLISHED || (c.life.state == STATE_BOUND && c.life.type == SOCK_DGRAM);
	if (ret > 0 && c.socket && plain && fd_load(c.fd) == c.word)
		return; /* bytes change nothing there */
	/* A datagram may have been for somebody else than the peer, who is still there. */
	if (ret < 0 && errno == ECONNREFUSED && c.life.type == SOCK_DGRAM && watch_connected(c.fd))
		return;
	struct event e = event(op, c.fd);
	call_end(&c, act, ret, how | QUIET, &e);
}

bool data_dies(struct call c, const char *op)
{
	bool own = lifecycle_forbids_send(c.life), stream = c.life.type == SOCK_STREAM;
	bool gone = c.life.state == STATE_CLOSE_WAIT || (c.life.state <= STATE_BOUND && c.life.flags & WAS_CONNECTED);
	if (!own && (!stream || !gone || !watch_peer_gone(c.fd)))
		return false;
	/* The kernel's own word and the program's: is it unconnected, and would the signal kill? */
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

static uint8_t tcp_state(int kernel)
{
	switch (kernel) {
	case TCP_ESTABLISHED: return STATE_ESTABLISHED;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV: return STATE_CONNECTING;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2: return STATE_FIN_WAIT;
	case TCP_CLOSE_WAIT: return STATE_CLOSE_WAIT;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT: return STATE_CLOSING;
	case TCP_LISTEN: return STATE_LISTENING;
	default: return STATE_CLOSED;
	}
}

bool kernel_life(int fd, struct life *life)
{
	int family, type, listening = 0;
	struct tcp_info info;
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	if (sys_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, sizeof family) ||
	    sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, sizeof type))
		return false;
	*life = (struct life){.state = STATE_CLOSED, .family = (uint8_t)family, .type = (uint8_t)type};
	bool inet = family == AF_INET || family == AF_INET6;
	sys_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, sizeof listening);
	if (listening)
		life->state = STATE_LISTENING;
	else if (inet && type == SOCK_STREAM && !sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info))
		life->state = tcp_state(info.tcpi_state);
	else if (!sys3(SYS_getpeername, fd, &name, &len))
		life->state = type != SOCK_DGRAM && watch_ended(fd) ? STATE_CLOSE_WAIT : STATE_ESTABLISHED;
	len = sizeof name;
	if (!sys3(SYS_getsockname, fd, &name, &len)) {
		bool bound = inet ? ((struct sockaddr_in *)&name)->sin_port != 0 : len > sizeof name.ss_family;
		if (bound) {
			life->flags |= WAS_BOUND;
			if (life->state == STATE_CLOSED)
				life->state = STATE_BOUND;
		}
	}
	/* What it was before is unknown: calls that only its past could forbid are let pass. */
	life->flags |= WAS_CONNECTED | (listening ? WAS_LISTENING : 0);
	return true;
}
