/* Sockets that processes share, known by the kernel's SO_COOKIE: who made one, who inherited it, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COOKIE_H
#define SOCKSAN_ANALYZER_COOKIE_H

#include "analyzer/replay/replay.h"

struct cookies;

struct cookies *cookies_new(void);
void cookies_free(struct cookies *cookies);

/* Ties a life to its cookie. True when another life with this cookie was counted as a socket before. */
bool cookie_bind(struct cookies *cookies, struct life *life, const char *text);

/* The process lets go of the socket, at `t`. */
void cookie_let_go(struct life *life, int64_t t);

/* What the life has come to is told of its maker too. */
void cookie_update(const struct life *life);

/* The life ends; a cookie that nothing holds any more goes with it, though not at once. */
void cookie_unbind(struct cookies *cookies, struct life *life);

/* The socket is on its way by SCM_RIGHTS, and has come. The traces of two processes may tell these in either order. */
void cookie_sent(struct cookie *cookie);
void cookie_received(struct cookie *cookie);

#endif
