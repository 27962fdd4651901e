/* Sockets that processes share, identified by the kernel's SO_COOKIE, and descriptors of other kinds, by how they were passed: who made
 * one, who inherited it, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COOKIE_H
#define SOCKSAN_ANALYZER_COOKIE_H

#include "analyzer/replay/lives.h"

struct cookies;

struct cookies *cookies_new(void);
void cookies_free(struct cookies *cookies);

/* Call before the processes are freed: holders are not accessed any more. */
void cookies_end(struct cookies *cookies);

/* Associates a life with its cookie. True if another life with this cookie was counted as a socket before. */
bool cookie_bind(struct cookies *cookies, struct socket_life *life, const char *text);

/* Returns the cookie of a life with a reference; if the kernel gave none, one is invented. The reference is passed on to a life, or
 * released. */
struct cookie *cookie_hold(struct cookies *cookies, struct socket_life *life);
void cookie_pass(struct cookie *cookie, struct socket_life *heir);
void cookie_release(struct cookies *cookies, struct cookie *cookie);

/* The process releases the socket, at `t`. `closed`: the descriptor that it closed; NULL: it made no call for that. */
void cookie_let_go(struct socket_life *life, int64_t t, const struct descriptor *closed);

/* The process makes a call on the socket, so it has it on purpose, and so do those it inherited it from. */
void cookie_used(const struct socket_life *life);

/* The process shuts it down. Recorded if it never used it and got it by a fork. */
void cookie_cut(const struct socket_life *life, const struct moment *moment);

/* Passes on to its maker what is known of the life, and to all holders that it is in use. */
void cookie_update(const struct socket_life *life);

/* The life ends; a cookie that nothing refers to is dropped too, though not at once. */
void cookie_unbind(struct cookies *cookies, struct socket_life *life);

/* The socket was sent by SCM_RIGHTS, or received. The traces of two processes may report these in either order. */
void cookie_sent(struct cookie *cookie);
void cookie_received(struct cookie *cookie);

/* Whether another traced process inherited the socket and continued after this one's end. */
bool life_handed_over(const struct socket_life *life);

/* How a socket that processes share came to be. */
struct maker {
	const struct traced_process *process;
	struct stack_ref *opened;
	const char *op, *family, *type;
	char *local, *peer;
	int64_t t, tid;
	bool inheritable; /* like that of a life */
};

/* NULL: it is not shared, or came from a process without a trace here. */
const struct maker *life_maker(const struct socket_life *life);
const struct maker *cookie_maker(const struct cookie *cookie);

/* Where a forked child that never used a socket shut it down. */
struct cut {
	const struct traced_process *process;
	struct stack_ref *stack;
	const char *op;
	int64_t t, tid, fd;
};

/* NULL: no other process did that. */
const struct cut *life_cut(const struct socket_life *life);

/* The process that got the socket after this one, by inheritance or SCM_RIGHTS: preferably its last child that did, else the last one;
 * NULL: none. */
const struct traced_process *life_taker(const struct socket_life *life);

/* A process that had a socket, and the time it had it. */
struct holder {
	const struct traced_process *process;
	int64_t t, t_end; /* 0: until its own end */
	bool made;	  /* or received; else inherited: */
	bool forked;	  /* by a fork; else by an exec */
	int64_t fd;
	enum state state; /* when it let go of it */
	/* The call by which it released it; NULL: none. */
	struct stack_ref *closed;
	const char *closed_op;
	int64_t closed_tid;
};

/* All holders of the socket so far, in no particular order. */
const struct holder *life_holders(const struct socket_life *life, size_t *n);
const struct holder *cookie_holders(const struct cookie *cookie, size_t *n);

/* Whether it got the socket by a fork and then made no call on it, nor did any that inherited it from it. If in doubt, no. */
bool holder_idle(const struct cookie *cookie, const struct holder *holder);

/* The process that it got it from, by a fork; NULL: unknown. */
const struct holder *holder_above(struct cookie *cookie, const struct holder *holder);

/* The next one, or the first after NULL: those that processes still share, or did recently, and each that a child kept. */
struct cookie *cookies_next(const struct cookies *cookies, const struct cookie *cookie);

/* Whether it was sent and not yet reported as received. */
bool cookie_in_flight(const struct cookie *cookie);

/* Whether a is another image of the process that b is. */
bool same_process(const struct traced_process *a, const struct traced_process *b);

/* Whether another process that has the socket used it, or may have: how many bytes it moved is unknown. */
bool life_used_elsewhere(const struct socket_life *life);

/* Whether another process had the socket too, at any time so far. */
bool life_shared(const struct socket_life *life);

#endif
