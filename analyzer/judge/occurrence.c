/* Makes occurrences from a line or a socket.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/occurrence.h"

#include "analyzer/replay/cookie.h"

/* What was inherited was opened by another process, or by another program in this one: its story begins there. */
static void set_opener(struct occurrence *occurrence, const struct socket_life *life)
{
	const struct story_step *first = &occurrence->story.steps[0];
	const struct maker *maker = life_maker(life);
	if (life->made || !maker || maker->process == life->process || first->t != maker->t ||
	    first->pid != maker->process->pid)
		return;
	occurrence->opener = first->pid;
	occurrence->ops[ROLE_OPENED] = first->op;
	occurrence->tids[ROLE_OPENED] = first->tid;
}

struct occurrence occurrence_of(enum violation code, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	const struct socket_life *life = moment->life;
	const struct descriptor *descriptor = moment->descriptor;
	struct occurrence occurrence = {
		.code = code,
		.severity = violations[code].severity,
		.process = moment->process,
		.fds = &event->fd,
		.n_fds = 1,
		.t = event->t,
		.error = event->error,
	};
	occurrence.stacks[ROLE_AT] = moment->stack;
	occurrence.ops[ROLE_AT] = event->op;
	occurrence.tids[ROLE_AT] = event->tid;
	if (!life)
		return occurrence;
	occurrence.stacks[ROLE_OPENED] = life->opened;
	occurrence.ops[ROLE_OPENED] = life->opened_op;
	occurrence.tids[ROLE_OPENED] = life->tid;
	occurrence.kind = occurrence.former = life->kind;
	occurrence.family = life->family;
	occurrence.type = life->type;
	occurrence.listener = life->listener;
	occurrence.listener_op = life->listener_op;
	occurrence.local = life->local;
	occurrence.peer = life->peer;
	occurrence.story = story_of(life);
	occurrence.registered = registered_of(life);
	set_opener(&occurrence, life);
	occurrence.state = event->from > STATE_NONE ? event->from : life->open ? life->state : STATE_CLOSED;
	if (descriptor && descriptor->now != life && life->descriptors) {
		occurrence.elsewhere = true;
		occurrence.through = life->descriptors->fd;
	}
	if (descriptor && !descriptor->now && descriptor->last == life && descriptor->closed_t < event->t) {
		occurrence.stacks[ROLE_CLOSED] = descriptor->closed;
		occurrence.ops[ROLE_CLOSED] = descriptor->closed_op;
		occurrence.tids[ROLE_CLOSED] = descriptor->closed_tid;
	}
	return occurrence;
}

struct occurrence occurrence_of_tag(const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of(moment->tag, moment);
	if (moment->event->unread > 0)
		occurrence.amount = moment->event->unread;
	if (moment->event->local)
		occurrence.local = moment->event->local;
	return occurrence;
}

struct occurrence occurrence_of_life(enum violation code, const struct socket_life *life)
{
	struct occurrence occurrence = {
		.code = code,
		.severity = violations[code].severity,
		.process = life->process,
		.stacks = {[ROLE_OPENED] = life->opened},
		.ops = {[ROLE_OPENED] = life->opened_op},
		.tids = {[ROLE_OPENED] = life->tid},
		.t = life->t,
		.state = life->state,
		.kind = life->kind,
		.former = life->kind,
		.family = life->family,
		.type = life->type,
		.listener = life->listener,
		.listener_op = life->listener_op,
		.local = life->local,
		.peer = life->peer,
		.story = story_of(life),
		.registered = registered_of(life),
	};
	set_opener(&occurrence, life);
	return occurrence;
}

struct occurrence occurrence_of_end(enum violation code, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_life(code, moment->life);
	occurrence.fds = &moment->event->fd;
	occurrence.n_fds = 1;
	occurrence.t = moment->event->t;
	occurrence.stacks[ROLE_CLOSED] = moment->stack;
	occurrence.ops[ROLE_CLOSED] = moment->event->op;
	occurrence.tids[ROLE_CLOSED] = moment->event->tid;
	return occurrence;
}
