/* What happens around a real call on a descriptor: what it refers to, which thread is inside, what the call did to the socket. Safe in any
 * thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CALL_H
#define SHIM_CALL_H

#include "shim/kernel/watch.h"
#include "shim/state/self.h"
#include "shim/trace/trace.h"
#include "shim/track/event.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* What a call is about to act on. It stays in registers on the path of a data call; functions that are not inlined there take it by value. */
struct call {
	int fd;
	fd_word word;
	struct socket *socket; /* NULL if fd is not a socket */
	uint64_t sock;
	struct life life; /* before the call */
	uint64_t began;	  /* watch_clock() */
};

/* Leaves a value in memory, for a short path around a call: a register that outlives the call would have to be saved and restored. */
#define QUICK_WAIT(x) __asm__("" : "+m"(x))

struct call call_begin(int fd);
static inline __attribute__((always_inline)) struct call call_begin_inline(int fd)
{
	struct call c = {.fd = fd, .word = process_active() ? fd_load(fd) : FD_UNTOLD};
	if (fd_kind(c.word) != FD_SOCKET)
		return c;
	if (__builtin_expect(!trace_is_open(), 0)) /* writes a line for each inherited socket, perhaps this one */
		trace_open();
	c.socket = socket_of(c.word);
	if (c.socket) {
		c.sock = c.socket->sock;
		c.life = socket_life(c.socket);
	}
	return c;
}

/* The first call on an inherited socket shows that the process uses it. call_enter() records that; calls that cannot
 * wait use this. */
extern struct unused {
	int sockets; /* at most so many are UNUSED */
	int waits;   /* so many more calls that wait for several descriptors are examined */
} unused __attribute__((visibility("hidden")));
void call_first(struct call, const char *op);
static inline void call_uses(const struct call *c, const char *op)
{
	if (__builtin_expect(unused.sockets, 0) && c->socket)
		call_first(*c, op);
}

/* Call around a real call that may wait: marks this thread as inside it. `other` entered before and has not left. */
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
/* The same around a poll, which conflicts with no other call. */
static inline void call_waits(const struct call *c)
{
	if (c->socket && __atomic_load_n(&c->socket->inside[READING], __ATOMIC_RELAXED) <= 0)
		__atomic_store_n(&c->socket->inside[READING], thread_tid(), __ATOMIC_RELAXED);
}
/* If another thread replaced or removed this thread's mark because it found it inside, this reports the stack. */
void call_met(struct call, const char *op);
uint64_t call_met_about(int tid); /* in which socket a thread was found; 0: none */
static inline void call_leave(const struct call *c, const char *op, enum side side)
{
	if (!c->socket)
		return;
	if (__builtin_expect(__atomic_load_n(&c->socket->inside[side], __ATOMIC_RELAXED) == thread.tid, 1))
		__atomic_store_n(&c->socket->inside[side], -thread.tid, __ATOMIC_RELAXED);
	else
		call_met(*c, op);
}

/* Another thread was found inside a call: when that thread comes back, it reports the call's stack. */
void call_meet(uint64_t sock, int tid);

/* Nanoseconds spent in the call; 0 if too short to report. */
static inline uint64_t call_waited(const struct call *c)
{
	uint64_t now = c->began ? watch_clock() : 0;
	return now >= c->began + WAIT_TOLD ? now - c->began : 0;
}

/* How a call is recorded. */
enum {
	TELL = 0,
	QUIET = 1,	 /* only if something is wrong */
	SOCKET_CALL = 2, /* valid only on sockets: EBADF may be bad-fd */
	SEVERAL = 4,	 /* takes other descriptors too: EBADF may mean one of them */
};

/* Call after the real call returned `ret` (negative: the error is in errno). Advances the socket's state, detects
 * misuse, writes the event. `e` has the op, the fd and the keys that only this op has; the rest is filled in. */
void call_end(const struct call *, enum act, long ret, int how, struct event *e);

/* A connect in progress may have succeeded with only a poll to show it: asks the kernel, and writes a line of `op` if so. */
void call_settle(struct call *, const char *op);

/* Checks whether the descriptor itself is at fault. Returns true if nothing is left to do: reported, or nothing to
 * report. */
bool call_number(const struct call *, const char *op, long ret, int how);

/* For a call without an act of its own: only misuse of the descriptor is reported. */
void call_check(const struct call *, const char *op, long ret, int how);

/* The same for a call that failed with EBADF and did not look the descriptor up before. */
void call_refused(const char *op, int fd, int how);

/* A call that takes many descriptors reported this one as closed. Recorded once per closed socket, since such calls are made in loops. */
void not_open(const char *op, int fd, long ret);

#endif
