/* held-by-child: a forked child that never used a connection or a listener still has it long after its parent closed it.
 *
 * Not while some process that uses it has it, nor if its peer already got the end of stream, by a shutdown or because it closed first. If
 * the parent ends soon after the close, the child is its successor.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

static char *message(const struct finding *finding)
{
	char *time = amount_of_time(finding), *child = process_words(finding->taker);
	const char *kind = socket_kind(finding);
	bool listens = finding->state == STATE_LISTENING;
	char *text =
		xasprintf("%s%s held by %s %s for %s after the parent had closed it: %s", listens ? "listening " : "",
			  kind, finding->count == 1 ? "forked child" : "forked children, such as", child, time,
			  !listens			  ? "its peer gets no end of stream"
			  : strncmp(kind, "Unix", 4) == 0 ? "its address stays in use"
							  : "its port stays in use");
	free(time);
	free(child);
	return text;
}

/* When the process was gone, as far as known; `may_live`: whether that is unknown. */
static int64_t end_of(const struct traced_process *process, int64_t may_live)
{
	return process->exited					      ? process->t_exit
	       : process->t_died				      ? process->t_died
	       : process->end == END_RUNNING && may_live != INT64_MAX ? monotonic_now()
								      : may_live;
}

/* Whether it became a program without a trace that may have inherited the socket. */
static bool is_lost(const struct holder *holder, const struct maker *maker)
{
	return holder->process->end == END_EXEC && !holder->process->replaced && maker->inheritable;
}

static bool is_idle(const struct cookie *cookie, const struct holder *holder, const struct maker *maker)
{
	return holder_idle(cookie, holder) && !is_lost(holder, maker);
}

static bool is_stream(const char *type)
{
	return type && (strcmp(type, "SOCK_STREAM") == 0 || strcmp(type, "SOCK_SEQPACKET") == 0);
}

/* Made, passed on, and closed by all but the child, whose first line may come late. */
static void tell(struct story *story, const struct maker *maker, const struct holder *above, const struct holder *child)
{
	const struct exec_site *by = &child->process->entered;
	int64_t pid = child->process->pid, t = child->t < above->t_end ? child->t : above->t_end;
	story_add(story, step_at(maker->op, maker->opened, maker->t, maker->process->pid, maker->tid));
	story_add(story, step_at(by->op ? by->op : "fork", by->stack, t, pid, pid));
	story_add(story,
		  step_at(above->closed_op, above->closed, above->t_end, above->process->pid, above->closed_tid));
}

static void shared(struct judge *judge, void **memory, struct cookie *cookie)
{
	const struct maker *maker = cookie_maker(cookie);
	int64_t limit = judge_limit(judge, VIOLATION_held_by_child), t_free = 0;
	size_t n;
	const struct holder *holders = cookie_holders(cookie, &n);
	(void)memory;
	if (!maker || !is_stream(maker->type) || cookie_in_flight(cookie))
		return;
	for (const struct holder *holder = holders; holder < holders + n; holder++) {
		int64_t end = holder->t_end ? holder->t_end : end_of(holder->process, INT64_MAX);
		if (!is_idle(cookie, holder, maker) && end > t_free)
			t_free = end;
	}
	for (const struct holder *holder = holders; t_free < INT64_MAX && holder < holders + n; holder++) {
		const struct traced_process *child = holder->process;
		const struct holder *above = is_idle(cookie, holder, maker) ? holder_above(cookie, holder) : NULL;
		if (!above || !above->closed_op ||
		    (above->state != STATE_ESTABLISHED && above->state != STATE_LISTENING) ||
		    end_of(above->process, above->process->t_last) - above->t_end <= limit)
			continue;
		int64_t since = t_free > above->t_end ? t_free : above->t_end;
		int64_t time = (holder->t_end ? holder->t_end : end_of(child, child->t_last)) - since;
		if (time <= limit)
			continue;
		struct occurrence occurrence = {
			.code = VIOLATION_held_by_child,
			.severity = violations[VIOLATION_held_by_child].severity,
			.process = child,
			.giver = above->process,
			.taker = child,
			.shared = cookie,
			.fds = &holder->fd,
			.n_fds = 1,
			.stacks = {[ROLE_OPENED] = maker->opened,
				   [ROLE_CLOSED] = above->closed,
				   [ROLE_OTHER] = child->entered.stack},
			.ops = {[ROLE_OPENED] = maker->op,
				[ROLE_CLOSED] = above->closed_op,
				[ROLE_OTHER] = child->entered.op},
			.tids = {[ROLE_OPENED] = maker->tid,
				 [ROLE_CLOSED] = above->closed_tid,
				 [ROLE_OTHER] = child->entered.tid},
			.t = above->t_end,
			.amount = time,
			.state = above->state,
			.family = maker->family,
			.type = maker->type,
			.local = maker->local,
			.peer = maker->peer,
		};
		tell(&occurrence.story, maker, above, holder);
		struct finding *finding = judge_fire(judge, &occurrence);
		if (finding)
			int_set_add(&finding->pids, above->process->pid); /* both are involved */
	}
}

const struct rule held_by_child_rule = {
	.adds_up = true,
	.message = message,
	.words = {[ROLE_OTHER] = "passed on"},
	.limit = 5000000000,
	.shared = shared,
};
