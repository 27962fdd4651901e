/* Sockets that processes share, known by the kernel's SO_COOKIE: who inherited one, and from whom.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COOKIE_H
#define SOCKSAN_ANALYZER_COOKIE_H

#include "analyzer/replay.h"

/* Ties a life to its cookie. True when another life with this cookie was counted as a socket before. */
bool cookie_bind(struct cookie **cookies, struct life *life, const char *text);

/* The life ends; a cookie that nothing holds any more goes with it. */
void cookie_unbind(struct cookie **cookies, struct life *life);

/* The socket is on its way by SCM_RIGHTS, and has come. */
void cookie_sent(struct cookie *cookie);
void cookie_received(struct cookie *cookie);

void cookies_free(struct cookie **cookies);

#endif
