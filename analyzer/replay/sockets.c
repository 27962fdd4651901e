/* The sockets of a process: see sockets.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/sockets.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/replay/cookie.h"
#include "analyzer/replay/stack_refs.h"
#include "analyzer/base/util.h"

enum violation event_tag(const struct trace_event *event)
{
	return event->kind == EVENT_FD && event->violation ? violation_find(event->violation) : VIOLATION_none;
}

bool event_missed(const struct trace_event *event) { return violation_missed(event_tag(event)); }

struct socket_life *life_find(const struct traced_process *process, int64_t sock)
{
	struct socket_life *life = NULL;
	if (sock >= 0)
		HASH_FIND(hh, process->lives, &sock, sizeof sock, life);
	return life;
}

struct origin *origin_of(struct traced_process *process, const struct stack_ref *opened)
{
	struct origin *origin;
	HASH_FIND_PTR(process->origins, &opened, origin);
	if (!origin) {
		origin = xcalloc(1, sizeof *origin);
		origin->opened = opened;
		HASH_ADD_PTR(process->origins, opened, origin);
	}
	return origin;
}

/* Both ends of a pair are opened by one call. */
static void find_opening(struct origin *origin, struct socket_life *life)
{
	const char *op = life->opened_op;
	life->opened_t = life->t;
	if (!op || (strcmp(op, "socketpair") != 0 && strcmp(op, "pipe") != 0 && strcmp(op, "pipe2") != 0))
		return;
	if (origin->end && life->sock == origin->end + 1) {
		origin->end = 0;
		life->opened_t = origin->end_opened;
		life->second = true;
		return;
	}
	origin->end = life->sock;
	origin->end_opened = life->t;
}

struct socket_life *life_new(struct traced_process *process, const struct trace_event *event, bool made)
{
	static int64_t unnumbered = INT64_MIN; /* lines without `sock` get ids that no trace has */
	struct socket_life *life = xcalloc(1, sizeof *life);
	life->sock = event->sock >= 0 ? event->sock : unnumbered++;
	life->process = process;
	life->kind = event->what;
	life->recalled = event->note == NOTE_recalled;
	life->made = made;
	bool forked = event->inherited && event->op && strcmp(event->op, "fork") == 0;
	life->inheritable = !event->cloexec && !forked; /* a fork does not change that */
	life->opened = stack_ref(process, event->stack);
	life->opened_op = event->op ? intern(event->op) : NULL;
	life->t = event->t;
	life->tid = event->tid;
	HASH_ADD(hh, process->lives, sock, sizeof life->sock, life);
	if (made) {
		life->origin = origin_of(process, life->opened);
		find_opening(life->origin, life);
		process->sockets += life->kind == KIND_socket;
	}
	return life;
}

static void life_free(struct cookies *cookies, struct socket_life *life)
{
	HASH_DEL(life->process->lives, life);
	cookie_unbind(cookies, life);
	free(life->local);
	free(life->peer);
	free(life->past);
	free(life->registered);
	free(life);
}

void life_unref(struct cookies *cookies, struct socket_life *life)
{
	if (life && --life->refs == 0)
		life_free(cookies, life);
}

static void set_text(char **member, const char *value)
{
	if (value && (!*member || strcmp(*member, value) != 0)) {
		free(*member);
		*member = xstrdup(value);
	}
}

static bool is_connected(enum state state)
{
	return state == STATE_ESTABLISHED || (state >= STATE_CLOSE_WAIT && state <= STATE_CLOSING);
}

static bool is_gone(const struct socket_life *life)
{
	return life->state == STATE_CLOSE_WAIT || life->state == STATE_CLOSING ||
	       (life->reset && !is_connected(life->state));
}

/* Whether the call failed, and not just for now. */
static bool refused(const struct trace_event *event)
{
	return event->error && strcmp(event->error, "EINPROGRESS") != 0 && strcmp(event->error, "EINTR") != 0 &&
	       strcmp(event->error, "EALREADY") != 0 && strcmp(event->error, "EISCONN") != 0;
}

/* A reset ends an established connection; a failed connect does not imply one. */
static bool was_reset(const struct trace_event *event)
{
	return event->error && (strcmp(event->error, "ECONNRESET") == 0 || strcmp(event->error, "EPIPE") == 0);
}

void life_learn(struct socket_life *life, const struct trace_event *event, bool closes)
{
	enum state to = event->kind == EVENT_LEAK ? event->state : event->to;
	if (event->family)
		life->family = intern(event->family);
	if (event->type)
		life->type = intern(event->type);
	set_text(&life->local, event->local);
	set_text(&life->peer, event->peer);
	if (event->t > life->t_seen)
		life->t_seen = event->t;
	if (event->rx > life->rx)
		life->rx = event->rx;
	if (event->tx > life->tx)
		life->tx = event->tx;
	if (event->gap > life->gap)
		life->gap = event->gap;
	if (event->close_wait > life->close_wait)
		life->close_wait = event->close_wait;
	if (event_missed(event))
		return;
	bool was_connected = is_connected(life->state), was_gone = is_gone(life);
	if (to > STATE_NONE && !(to == STATE_CLOSED && closes)) {
		bool fell = to == STATE_CLOSED || to == STATE_BOUND;
		bool was_up = life->state > STATE_CONNECTING || (life->state == STATE_CONNECTING && was_reset(event));
		if (life->state == STATE_CONNECTING && fell && !was_up)
			life->connect_failed = true;
		else if (fell && was_up && refused(event))
			life->reset = life->connected = true;
		life->state = to;
	}
	life->listened |= life->state == STATE_LISTENING;
	if (is_connected(life->state)) {
		life->connected = true;
		if (!was_connected)
			life->t_connected = event->t;
	}
	if (!is_gone(life))
		life->t_gone = 0;
	else if (!was_gone && !event->inherited)
		life->t_gone = event->t;
}

void life_learn_connect(struct socket_life *life, const struct trace_event *event)
{
	if (!event_missed(event))
		life->connect_failed = event->ret == -1 && refused(event);
}

void life_learn_bind(struct socket_life *life, const struct trace_event *event)
{
	if (!event_missed(event))
		life->bind_failed = event->ret == -1;
}
