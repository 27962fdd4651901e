/* Sockets that processes share, known by the kernel's SO_COOKIE: who made one, who inherited it, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COOKIE_H
#define SOCKSAN_ANALYZER_COOKIE_H

#include "analyzer/replay/lives.h"

struct cookies;

struct cookies *cookies_new(void);
void cookies_free(struct cookies *cookies);

/* Ties a life to its cookie. True when another life with this cookie was counted as a socket before. */
bool cookie_bind(struct cookies *cookies, struct socket_life *life, const char *text);

/* The process lets go of the socket, at `t`. */
void cookie_let_go(struct socket_life *life, int64_t t);

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

/* The process that got the socket after this one, by inheritance or SCM_RIGHTS: the last of its children that did, else the
 * last of all; NULL: there is none. */
const struct traced_process *life_taker(const struct socket_life *life);

/* A process that had a socket: from when to when. */
struct holder {
	const struct traced_process *process;
	int64_t t, t_end; /* 0: to its own end */
	bool made;	  /* or received; else inherited */
};

/* Those who had the socket so far, in no order. */
const struct holder *life_holders(const struct socket_life *life, size_t *n);

/* Whether a is another image of the process that b is. */
bool same_process(const struct traced_process *a, const struct traced_process *b);

/* Whether another process that has the socket made use of it, or may have: nobody told how much came and went there. */
bool life_used_elsewhere(const struct socket_life *life);

/* Whether another process had the socket too, at any time up to now. */
bool life_shared(const struct socket_life *life);

#endif
