/* The sockets of a process: how one begins, and what lines say about it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOCKETS_H
#define SOCKSAN_ANALYZER_SOCKETS_H

#include "analyzer/replay/lives.h"

struct cookies;

/* The shim's tag on the line; VIOLATION_none: none, or an unknown one. */
enum violation event_tag(const struct trace_event *event);

/* Whether the line is about a call on a descriptor that no longer was a socket, or never was: then it changed nothing. */
bool event_missed(const struct trace_event *event);

/* The life with this socket id; NULL if there is none or the id is -1. */
struct socket_life *life_find(const struct traced_process *process, int64_t sock);

/* A life that begins with the event, without a descriptor yet; `made`: by this process, else inherited. It lives as long as a descriptor
 * refers to it. */
struct socket_life *life_new(struct traced_process *process, const struct trace_event *event, bool made);

/* A descriptor no longer refers to it. `life` may be NULL. */
void life_unref(struct cookies *cookies, struct socket_life *life);

/* Records what any line may say about its socket. `closes`: it is a close, so its state is not news. */
void life_learn(struct socket_life *life, const struct trace_event *event, bool closes);

/* Records, in addition, the outcome of a connect or a bind. */
void life_learn_connect(struct socket_life *life, const struct trace_event *event);
void life_learn_bind(struct socket_life *life, const struct trace_event *event);

#endif
