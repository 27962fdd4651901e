/* Around a real call on a descriptor: what it finds, who is inside, what it did to the socket.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CALL_H
#define SHIM_CALL_H

#include "shim/kernel/watch.h"
#include "shim/state/self.h"
#include "shim/track/event.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* What a call is about to act on. On the way of every data call it stays in registers: what is not inlined there takes it by value. */
struct call {
	int fd;
	fd_word word;
	struct socket *socket; /* NULL when fd is none */
	uint64_t sock;
	struct life life; /* before the call */
	uint64_t began;	  /* watch_clock() */
};

struct call call_begin(int fd);

/* A process's first call on what it inherited tells that it uses it. call_enter sees that by itself; a call that nobody waits in
 * says so. */
extern struct unused {
	int sockets; /* at most so many are UNUSED */
	int waits;   /* so many more calls that wait for several numbers are looked into */
} unused;
void call_first(struct call, const char *op);
static inline void call_uses(const struct call *c, const char *op)
{
	if (__builtin_expect(unused.sockets, 0) && c->socket)
		call_first(*c, op);
}

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

/* Another thread was met inside a call: once it is back it is to say from where it made it. */
void call_meet(uint64_t sock, int tid);

/* Nanoseconds inside the call, 0 when not worth a word. */
static inline uint64_t call_waited(const struct call *c)
{
	uint64_t now = c->began ? watch_clock() : 0;
	return now >= c->began + WAIT_TOLD ? now - c->began : 0;
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

/* A connect under way may have succeeded with no call but a poll to tell of it: asks the kernel, and tells it by a line of `op`. */
void call_settle(struct call *, const char *op);

/* The number itself is at fault, or proves alive. True: told, or nothing more to tell. */
bool call_number(const struct call *, const char *op, long ret, int how);

/* The same for a call that has no act of its own: only misuse of the number is told. */
void call_check(const struct call *, const char *op, long ret, int how);

/* The same for one that failed with EBADF, and that does not look at the number before. */
void call_refused(const char *op, int fd, int how);

/* A call that takes many numbers found this one not to be open. Told once for each end of a socket, as such calls come in loops. */
void not_open(const char *op, int fd, long ret);

#endif
