/* close-in-use: closed while another thread is inside a call on it. The shim tags it.
 *
 * Also a forked child that shuts down what it never used, so that another process finds its connection cut: a shutdown affects all
 * processes that have the socket. Reported with the first call that fails because of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge/cut.h"
#include "analyzer/judge/inside.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

static char *message(const struct finding *finding)
{
	if (!finding->giver)
		return xasprintf("%s of %s %s while another thread is inside a call on it", op_of(finding),
				 article(socket_kind(finding)), socket_kind(finding));
	const struct traced_process *child = finding->process, *victim = finding->giver;
	char *words = process_words(victim);
	char *text =
		xasprintf("%s of a %s that %s%s still uses: it ends there too", op_of(finding), socket_kind(finding),
			  child->parent && same_process(child->parent, victim) ? "parent " : "", words);
	free(words);
	return text;
}

static const char *help(const struct finding *finding)
{
	if (finding->giver)
		return "close it in the child, and leave shutdown to the process that uses it";
	if (finding->kind != KIND_socket)
		return "make the other thread leave by something that it waits for, such as an eventfd, wait until it has, then "
		       "close it";
	return NULL;
}

/* The thread that was inside finds its descriptor gone: a consequence of the close. */
static bool claims(struct judge *judge, const struct moment *moment)
{
	const struct descriptor *descriptor = moment->descriptor;
	(void)judge;
	return descriptor && !descriptor->now && descriptor->last == moment->life &&
	       descriptor->closed_as == VIOLATION_close_in_use && descriptor->closed_tid != moment->event->tid;
}

static void fire(struct judge *judge, const struct socket_life *life, const struct exec_site *victim)
{
	const struct cut *cut = life_cut(life);
	const struct maker *maker = life_maker(life);
	struct occurrence occurrence = occurrence_of_life(VIOLATION_close_in_use, life);
	if (maker) {
		occurrence.stacks[ROLE_OPENED] = maker->opened;
		occurrence.ops[ROLE_OPENED] = maker->op;
		occurrence.tids[ROLE_OPENED] = maker->tid;
	}
	occurrence.process = cut->process;
	occurrence.giver = life->process;
	occurrence.taker = cut->process;
	occurrence.shared = life->cookie;
	occurrence.fds = &cut->fd;
	occurrence.n_fds = 1;
	occurrence.t = cut->t;
	occurrence.state = STATE_NONE;
	occurrence.stacks[ROLE_AT] = cut->stack;
	occurrence.ops[ROLE_AT] = cut->op;
	occurrence.tids[ROLE_AT] = cut->tid;
	occurrence.stacks[ROLE_OTHER] = victim->stack;
	occurrence.ops[ROLE_OTHER] = victim->op;
	occurrence.tids[ROLE_OTHER] = victim->tid;
	story_add(&occurrence.story, step_at(cut->op, cut->stack, cut->t, cut->process->pid, cut->tid));
	struct finding *finding = judge_fire(judge, &occurrence);
	if (finding)
		int_set_add(&finding->pids, life->process->pid); /* both are involved */
}

bool fails_by_cut(const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	const struct cut *cut = moment->life && event->kind == EVENT_FD ? life_cut(moment->life) : NULL;
	if (!cut || cut->t > event->t)
		return false;
	if (moment->tag == VIOLATION_broken_pipe)
		return true;
	return event->error && (strcmp(event->error, "EPIPE") == 0 ||
				(strcmp(event->error, "EINVAL") == 0 && strncmp(event->op, "accept", 6) == 0));
}

static void fact(struct judge *judge, const struct moment *moment)
{
	if (!fails_by_cut(moment) || moment->life->told_cut)
		return;
	moment->life->told_cut = true;
	fire(judge, moment->life, &(struct exec_site){moment->stack, moment->event->op, moment->event->tid});
}

bool dies_by_cut(const struct traced_process *process, const struct socket_life *life)
{
	return process->end == END_SIGNAL && process->signal == SIGPIPE && life_cut(life);
}

/* A death by SIGPIPE has no line. */
static void at_end_of(struct judge *judge, const struct traced_process *process)
{
	if (process->end != END_SIGNAL || process->signal != SIGPIPE || process->pipe_told)
		return;
	for (struct socket_life *life = process->lives; life; life = life->hh.next)
		if (life->open && !life->told_cut && dies_by_cut(process, life)) {
			life->told_cut = true;
			fire(judge, life, &(struct exec_site){0});
		}
}

const struct rule close_in_use_rule = {
	.message = message,
	.help = help,
	.words = {[ROLE_AT] = "closed"},
	.tagged = inside_tagged,
	.claims = claims,
	.moment = inside_moment,
	.fact = fact,
	.process = at_end_of,
	.finish = inside_finish,
};
