/* Sockets that processes share, known by the kernel's SO_COOKIE, and descriptors of other kinds, by how they crossed: who made one, who
 * inherited it, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COOKIE_H
#define SOCKSAN_ANALYZER_COOKIE_H

#include "analyzer/replay/lives.h"

struct cookies;

struct cookies *cookies_new(void);
void cookies_free(struct cookies *cookies);

/* Before the processes are freed: their holders are looked at no more. */
void cookies_end(struct cookies *cookies);

/* Ties a life to its cookie. True when another life with this cookie was counted as a socket before. */
bool cookie_bind(struct cookies *cookies, struct socket_life *life, const char *text);

/* Keeps the cookie of a life, which gets one where the kernel gave none, until it is passed on to a life, or released. */
struct cookie *cookie_hold(struct cookies *cookies, struct socket_life *life);
void cookie_pass(struct cookie *cookie, struct socket_life *heir);
void cookie_release(struct cookies *cookies, struct cookie *cookie);

/* The process lets go of the socket, at `t`; `closed`: by a call of its own, which closed that. */
void cookie_let_go(struct socket_life *life, int64_t t, const struct descriptor *closed);

/* The process makes a call on the socket, so that it has it by right, and so has whoever it inherited it from. */
void cookie_used(const struct socket_life *life);

/* The process shuts it down. Of one that never used it and got it by a fork this is kept. */
void cookie_cut(const struct socket_life *life, const struct moment *moment);

/* What the life has come to is told of its maker too, and that it is in use of all who have it. */
void cookie_update(const struct socket_life *life);

/* The life ends; a cookie that nothing holds any more goes with it, though not at once. */
void cookie_unbind(struct cookies *cookies, struct socket_life *life);

/* The socket is on its way by SCM_RIGHTS, and has come. The traces of two processes may tell these in either order. */
void cookie_sent(struct cookie *cookie);
void cookie_received(struct cookie *cookie);

/* Whether another traced process inherited the socket and went on after this one's end. */
bool life_handed_over(const struct socket_life *life);

/* How a socket that processes share came to be. */
struct maker {
	const struct traced_process *process;
	struct stack_ref *opened;
	const char *op, *family, *type;
	char *local, *peer;
	int64_t t, tid;
	bool inheritable; /* as that of a life */
};

/* NULL: it is not shared, or came from a process that has no trace here. */
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

/* The process that got the socket after this one, by inheritance or SCM_RIGHTS: the last of its children that did, else the
 * last of all; NULL: there is none. */
const struct traced_process *life_taker(const struct socket_life *life);

/* A process that had a socket: from when to when. */
struct holder {
	const struct traced_process *process;
	int64_t t, t_end; /* 0: to its own end */
	bool made;	  /* or received; else inherited: */
	bool forked;	  /* by a fork; else by an exec */
	int64_t fd;
	enum state state; /* when it let go of it */
	/* The call by which it did; NULL: it did by none. */
	struct stack_ref *closed;
	const char *closed_op;
	int64_t closed_tid;
};

/* Those who had the socket so far, in no order. */
const struct holder *life_holders(const struct socket_life *life, size_t *n);
const struct holder *cookie_holders(const struct cookie *cookie, size_t *n);

/* Whether it got the socket by a fork and then made no call on it, nor did any that inherited it from there. In doubt, no. */
bool holder_idle(const struct cookie *cookie, const struct holder *holder);

/* The one that it got it from, by a fork; NULL: not known. */
const struct holder *holder_above(struct cookie *cookie, const struct holder *holder);

/* The next one, the first after NULL: those that processes share still, or did not long ago, and each that a child kept. */
struct cookie *cookies_next(const struct cookies *cookies, const struct cookie *cookie);

/* Whether it was sent to somebody who has not told that it came. */
bool cookie_in_flight(const struct cookie *cookie);

/* Whether a is another image of the process that b is. */
bool same_process(const struct traced_process *a, const struct traced_process *b);

/* Whether another process that has the socket made use of it, or may have: nobody told how much came and went there. */
bool life_used_elsewhere(const struct socket_life *life);

/* Whether another process had the socket too, at any time up to now. */
bool life_shared(const struct socket_life *life);

#endif
