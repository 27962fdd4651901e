/* From a hooked call to lines of the trace: what a call found, what it did to the socket, and the line that says so.
 * Every function is safe in any thread and in signal handlers, takes no lock, allocates nothing and leaves errno alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_RECORD_H
#define SHIM_RECORD_H

#include "shim/track/fdtable.h"
#include "shim/track/lifecycle.h"
#include "shim/process/thread.h"
#include "shim/kernel/watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* One fd line. Start it with event(); absent keys are left out of the line. */
struct event {
	const char *op;
	uint32_t op_len;
	int fd;
	uint64_t sock; /* 0: none */
	uint8_t from, to, violation, note;
	uint64_t t; /* 0: now */
	uint32_t stack;
	bool has_ret, has_newfd, has_backlog, has_listener, has_kind, inherited, cloexec, used;
	int error, newfd, backlog, listener;
	long ret;
	struct life life; /* with has_kind: family and type */
	const struct sockaddr *local, *peer;
	socklen_t local_len, peer_len;
	uint64_t rx, tx, last, gap, cookie, waited, timeout, close_wait;
	int unread, other; /* other: a thread that was inside a call */
};

static inline struct event event(const char *op, int fd)
{
	return (struct event){.op = op, .op_len = (uint32_t)__builtin_strlen(op), .fd = fd};
}
void record(const struct event *);

/* What a call is about to act on. On the way of every data call it stays in registers: what is not inlined there takes it by value. */
struct call {
	int fd;
	fd_word word;
	struct socket *socket; /* NULL when fd is none */
	uint64_t sock;
	struct life life; /* before the call */
	uint64_t began;	  /* watch_clock() */
};

#define WAIT_TOLD 100000000ull /* ns: a call or a silence that lasts less is not told */

struct call call_begin(int fd);

/* Around a real call that may wait: this thread is inside it. `other` was there before, and has not left. */
void call_meets(struct call, const char *op, int other);
static inline void call_enter(struct call *c, const char *op, enum side side)
{
	if (!c->socket)
		return;
	int tid = thread_tid(), other = __atomic_load_n(&c->socket->inside[side], __ATOMIC_RELAXED);
	__atomic_store_n(&c->socket->inside[side], tid, __ATOMIC_RELAXED);
	c->began = watch_clock();
	if (__builtin_expect(other > 0 && other != tid, 0))
		call_meets(*c, op, other);
}
/* The same around a poll, which is in nobody's way. */
static inline void call_waits(const struct call *c)
{
	if (c->socket && __atomic_load_n(&c->socket->inside[READING], __ATOMIC_RELAXED) <= 0)
		__atomic_store_n(&c->socket->inside[READING], thread_tid(), __ATOMIC_RELAXED);
}
/* Another thread put itself, or nobody, in this one's place: if it met this one there, it is told from where. */
void call_met(struct call, const char *op);
static inline void call_leave(const struct call *c, const char *op, enum side side)
{
	if (!c->socket)
		return;
	if (__builtin_expect(__atomic_load_n(&c->socket->inside[side], __ATOMIC_RELAXED) == thread.tid, 1))
		__atomic_store_n(&c->socket->inside[side], -thread.tid, __ATOMIC_RELAXED);
	else
		call_met(*c, op);
}

/* How a call is told. */
enum {
	TELL = 0,
	QUIET = 1,	 /* only when it matters */
	SOCKET_CALL = 2, /* makes sense on sockets alone: EBADF may be bad-fd */
	SEVERAL = 4,	 /* takes other descriptors too: EBADF may mean one of them */
};

/* After the real call ended with `ret` (negative: errno says why): the socket's next state, misuse, and the line. `e` holds the keys
 * that only this op has, and its op and fd; the others are filled in. */
void call_end(const struct call *, enum act, long ret, int how, struct event *e);

/* The same for a call that has no act of its own: only misuse of the number is told. */
void call_check(const struct call *, const char *op, long ret, int how);

/* A call that takes many numbers found this one not to be open. Told once for each end of a socket, as such calls come in loops. */
void not_open(const char *op, int fd, long ret);

/* A descriptor came into being: the table learns it, the line is written. `e` as above, with life. */
void made(struct event *e);
void made_from_kernel(const char *op, int fd); /* asks the kernel what it is: received by SCM_RIGHTS */

/* The socket that `w` told of at fd ended where nobody saw it; `op` brought it to light. */
void closed_unseen(const char *op, int fd, fd_word w);

/* A descriptor that is no socket came into being, or proved to be alive. */
void made_other(const char *op, int fd);

/* A call that was to make a descriptor failed; errno says why. fd may be -1, sock and state 0. */
void failed(const char *op, int fd, uint64_t sock, unsigned state);

/* newfd was made from what `from` says; a socket that lived at newfd ended by it. */
void duplicated(const struct call *from, const char *op, int newfd, bool over, bool cloexec, long ret);

/* fcntl or ioctl has taken close-on-exec off. */
void inheritable(const struct call *, const char *op);

/* Around whatever closes a number. */
struct closing {
	struct call call;
	uint64_t t;
	uint32_t stack;
	bool armed; /* the number held a socket, and no longer does in the table */
	bool used;  /* this thread made calls on it, though another made it */
	int in_use; /* the thread that was inside a call on it, or 0 */
	int unread;
	uint64_t close_wait;
};

/* `alone`: an act of its own, not part of a range or a replacement, so that it can be a misuse. */
struct closing closing_begin(int fd, bool alone);
void closing_end(const struct closing *, const char *op, long ret);

/* Moves counters after a data call; tells what matters. `ret` is what it returned, `want` what it asked for. */
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

/* Before a write: when it is going to be a death by SIGPIPE of this process's own making, the line is written now. True: told. */
bool data_dies(struct call, const char *op);
static inline bool data_forbidden(const struct call *c, const char *op, int flags)
{
	return c->socket && c->life.state != STATE_ESTABLISHED && !(flags & (MSG_NOSIGNAL | MSG_FASTOPEN)) &&
	       data_dies(*c, op);
}

/* The keys family and type. */
struct jsonl;
void record_kind(struct jsonl *, struct life);

/* Whether fd still is the socket that the table holds it for: the kernel's word. */
bool still_there(int fd, const struct socket *);

/* Asks the kernel for family, type and state of a descriptor that came from elsewhere; false when it is no socket. */
bool kernel_life(int fd, struct life *);

/* SO_COOKIE of the socket that `w` tells of at fd, asked once; 0 when it is unknown or the number no longer is that socket's. */
uint64_t cookie_of(int fd, fd_word w);

#endif
