/* Traces with bounds: see carried.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/carried.h"

#include <stdlib.h>

#include <utlist.h>

#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/replay/descriptors.h"
#include "analyzer/replay/sockets.h"
#include "analyzer/replay/stack_refs.h"

/* The event of a line that carries a life over, at the time when the life began. */
static struct trace_event beginning(const struct trace_event *event)
{
	struct trace_event first = *event;
	first.t = event->made >= 0 ? event->made : event->t;
	return first;
}

/* Updates the life to what the table of the process says, whatever earlier lines said. */
static void learn(struct traced_process *process, struct socket_life *life, const struct trace_event *event)
{
	const struct descriptor *listener = event->listener != NO_FD ? descriptor_find(process, event->listener) : NULL;
	life_learn(life, event, false);
	if (event->state > STATE_NONE)
		life->state = event->state;
	life->connected |= event->was_connected;
	life->listened |= event->was_listening || life->state == STATE_LISTENING;
	life->intended |= event->intended;
	life->reset |= event->was_reset && life->connected && life->state <= STATE_BOUND;
	life->connect_failed |= event->connect_failed && life->state <= STATE_BOUND && !life->reset;
	life->bind_failed |= event->bind_failed && life->state == STATE_CLOSED;
	if (life->connected && !life->t_connected)
		life->t_connected = event->last > life->t ? event->last : life->t;
	bool gone = life->state == STATE_CLOSE_WAIT || life->state == STATE_CLOSING || life->reset;
	if (!gone)
		life->t_gone = 0;
	else if (!life->t_gone && !event->inherited)
		life->t_gone = event->gone > life->t ? event->gone : event->t;
	if (listener && listener->now && listener->now->made && listener->now != life && !life->listener) {
		life->listener = listener->now->opened;
		life->listener_op = listener->now->opened_op;
	}
	life->inheritable |= !event->cloexec && !event->inherited;
	life->round = event->round;
}

struct socket_life *carried_checkpoint(struct cookies *cookies, struct traced_process *process,
				       const struct trace_event *event, bool *begins)
{
	struct descriptor *descriptor = descriptor_find(process, event->fd);
	struct socket_life *life = life_find(process, event->sock);
	struct trace_event first = beginning(event);
	bool closed = event->closed_t >= 0;
	*begins = false;
	if (process->round.number != event->round && event->round > 0)
		process->round = (struct round_read){.number = event->round};
	process->round.lines += event->round > 0;
	/* A removed line closed what the number was before. */
	if (closed && !life && !process->exited && descriptor && descriptor->now && descriptor->now->sock < event->sock)
		descriptor_close(cookies, process, descriptor, NULL);
	if (process->exited || (life && closed) || (closed && descriptor && descriptor->now) ||
	    (descriptor && !descriptor->now && descriptor->last && descriptor->last->sock == event->sock))
		return NULL;
	if (!life) {
		*begins = true;
		life = life_new(process, &first, !event->inherited);
	}
	descriptor_open(cookies, process, event->fd, life); /* the line that closed the former life was removed */
	learn(process, life, event);
	if (!closed)
		return life;
	struct trace_event last = *event;
	last.t = event->closed_t;
	last.tid = event->closed_tid;
	last.op = event->closed_op;
	last.stack = event->closed;
	last.kind = EVENT_FD;
	descriptor_close(cookies, process, descriptor_find(process, event->fd), &last);
	return life;
}

static void close_unseen(struct cookies *cookies, struct traced_process *process, struct socket_life *life)
{
	life->refs++; /* it may be freed with its last descriptor */
	while (life->descriptors)
		descriptor_close(cookies, process, life->descriptors, NULL);
	life_unref(cookies, life);
}

void carried_round(struct cookies *cookies, struct traced_process *process, const struct trace_event *event)
{
	if (event->round == 0) {
		process->t_bounded = event->t;
		return;
	}
	struct socket_life *life, *next;
	bool whole = process->round.number == event->round && process->round.lines == event->lines;
	if (!whole || process->exited) /* some of its lines were removed, or have not come yet */
		return;
	HASH_ITER (hh, process->lives, life, next)
		if (life->open && !life->recalled && life->t < event->since && life->round != event->round)
			close_unseen(cookies, process, life);
}

void carried_place(struct traced_process *process, const struct trace_event *event)
{
	struct origin *origin = origin_of(process, stack_ref(process, event->stack));
	if (event->violation) {
		enum violation code = violation_find(event->violation);
		origin->crowded |= code ? 1ull << code : 0;
		return;
	}
	uint64_t closed = event->closed > 0 ? (uint64_t)event->closed : 0, before = origin->summed;
	/* What seems open but is not was closed by a line that was removed; what is open but unknown was opened by one. */
	uint64_t made = event->open >= 0 ? closed + (uint64_t)event->open : closed,
		 known = event->open >= 0 ? origin->seen + origin->sockets : origin->seen;
	origin->over = closed > origin->seen ? closed - origin->seen : 0;
	origin->summed = made > known ? made - known : 0;
	process->sockets += origin->summed - before;
	process->summed += origin->summed - before;
}

bool carried_counts(const struct traced_process *process, const struct trace_event *event)
{
	return process->t_bounded && event->t > process->t_bounded;
}
