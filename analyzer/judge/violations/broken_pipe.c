/* broken-pipe: a write after the peer was gone. This rule adds deaths by SIGPIPE without a tagged line. The shim writes a line before the
 * write if it knows that the peer is gone; otherwise the only sign is that the process ended while a thread was in a write to a socket,
 * since a pipe raises the same signal.
 *
 * A file object of a script that is closed writes first what it kept: the close is right, and the write is its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <string.h>

#include "analyzer/judge/cut.h"
#include "analyzer/judge/held.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/ops.h"

enum { AT_ONCE = 10000000 }; /* ns */

static char *message(const struct finding *finding)
{
	if (finding->ops[ROLE_AT])
		return xasprintf("%s on a %s whose %s is gone", op_of(finding), socket_kind(finding),
				 finding->kind == KIND_pipe ? "reader" : "peer");
	return xasprintf("death by SIGPIPE: a write to a %s whose peer is gone", socket_kind(finding));
}

static const char *help(const struct finding *finding)
{
	return finding->kind == KIND_pipe ? "stop writing once the reader is gone; ignore SIGPIPE and check each write"
					  : NULL;
}

static const char *innermost(const struct stack_ref *ref)
{
	return ref && ref->stack && ref->stack->n_script ? ref->stack->script[0] : NULL;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	moment->process->pipe_told = true;
	if (!innermost(moment->stack) || (moment->life && moment->life->kind == KIND_socket)) {
		by_tag(judge, memory, moment);
		return;
	}
	struct occurrence occurrence = occurrence_of_tag(moment);
	held_add(memory, moment, &occurrence);
}

/* A write that raises SIGPIPE has its line before, and under the other code if this side shut down writing. */
static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	struct held_thread *thread = held_find(*memory, moment);
	if (thread) {
		const struct occurrence *written = &thread->held->occurrence;
		const char *write = innermost(written->stacks[ROLE_AT]), *now = innermost(moment->stack);
		bool closes = moment->event->fd == thread->held->fd && effect_of(moment->event->op) == OP_CLOSES &&
			      moment->event->t - written->t < AT_ONCE;
		if (closes && write && now && strcmp(write, now) == 0)
			held_let_go(judge, memory, thread, thread->held->fd, thread->held->fd);
		else
			held_fire(judge, memory, thread);
	}
	if (moment->tag == VIOLATION_wrong_state && moment->event->ret == NO_RET)
		moment->process->pipe_told = true;
}

static bool may_break(const struct socket_life *life)
{
	return life->open && life->connected && life->type && strcmp(life->type, "SOCK_DGRAM") != 0;
}

static void at_end_of(struct judge *judge, const struct traced_process *process)
{
	const struct socket_life *broken = NULL;
	size_t n = 0;
	if (process->end != END_SIGNAL || process->signal != SIGPIPE || process->pipe_told || !process->writing ||
	    !process_end_is_known(process))
		return;
	for (const struct socket_life *life = process->lives; life; life = life->hh.next)
		if (may_break(life)) {
			if (dies_by_cut(process, life)) /* reported for the process that did it */
				return;
			broken = life;
			n++;
		}
	if (n == 0)
		return;
	struct occurrence occurrence = {
		.code = VIOLATION_broken_pipe,
		.severity = violations[VIOLATION_broken_pipe].severity,
		.process = process,
		.t = process->t_last,
		.kind = broken->kind,
		.former = broken->kind,
		.family = broken->family,
		.type = broken->type,
	};
	if (n > 1) { /* one of them */
		judge_fire(judge, &occurrence);
		return;
	}
	occurrence = occurrence_of_life(VIOLATION_broken_pipe, broken);
	judge_fire_open(judge, &occurrence, broken);
}

const struct rule broken_pipe_rule = {
	.entailed = ENTAILED_AT_THE_CALL,
	.fails_anyway = true,
	.message = message,
	.help = help,
	.tagged = tagged,
	.excused = fails_by_cut,
	.moment = any,
	.process = at_end_of,
	.finish = held_finish,
};
