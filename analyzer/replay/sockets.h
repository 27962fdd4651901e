/* The sockets of a process: how one begins, and what lines tell of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SOCKETS_H
#define SOCKSAN_ANALYZER_SOCKETS_H

#include "analyzer/replay/lives.h"

struct cookies;

/* What the shim tagged the line with; VIOLATION_none: nothing, or nothing that is known. */
enum violation event_tag(const struct trace_event *event);

/* Whether the line tells of a call on a descriptor that was no socket any more, or never: it changed nothing. */
bool event_missed(const struct trace_event *event);

/* The life with this socket id, NULL when there is none or the id is -1. */
struct socket_life *life_find(const struct traced_process *process, int64_t sock);

/* The place of that stack, which may be NULL. */
struct origin *origin_of(struct traced_process *process, const struct stack_ref *opened);

/* A life that begins with the event, with no descriptor yet; `made`: by this process, else inherited. Lives as long as a
 * descriptor refers to it. */
struct socket_life *life_new(struct traced_process *process, const struct trace_event *event, bool made);

/* A descriptor no longer refers to it. `life` may be NULL. */
void life_unref(struct cookies *cookies, struct socket_life *life);

/* Takes what any line may tell of its socket. `closes`: it tells of a close, after which the state is no news. */
void life_learn(struct socket_life *life, const struct trace_event *event, bool closes);

/* Takes how a connect went, beside that, and how a bind did. */
void life_learn_connect(struct socket_life *life, const struct trace_event *event);
void life_learn_bind(struct socket_life *life, const struct trace_event *event);

#endif
