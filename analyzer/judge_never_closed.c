/* never-closed: a socket made in a process is still open when the process ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include <utlist.h>

#include "analyzer/judge_rule.h"
#include "analyzer/util.h"

static enum cause cause_of(const struct life *life)
{
	if (life->state == STATE_LISTENING)
		return CAUSE_LISTENER;
	if (life->state == STATE_CLOSE_WAIT || life->state == STATE_CLOSING || life->reset)
		return CAUSE_PEER_CLOSED;
	if (life->connected)
		return CAUSE_IN_USE;
	if (life->connect_failed)
		return CAUSE_CONNECT_FAILED;
	if ((life->state == STATE_CLOSED || life->state == STATE_BOUND) && life->rx <= 0 && life->tx <= 0)
		return CAUSE_NEVER_USED;
	return CAUSE_IN_USE;
}

static void fire(struct judge *judge, const struct process *process, const struct life *life)
{
	enum cause cause = cause_of(life);
	bool mild = cause == CAUSE_LISTENER || process->end != END_EXIT;
	struct occurrence occurrence = {
		.code = VIOLATION_never_closed,
		.severity = mild ? SEVERITY_WARNING : violations[VIOLATION_never_closed].severity,
		.cause = cause,
		.process = process,
		.stacks = {[ROLE_OPENED] = life->opened},
		.ops = {[ROLE_OPENED] = life->opened_op},
		.tids = {[ROLE_OPENED] = life->tid},
		.t = life->t,
		.state = life->state,
		.family = life->family,
		.type = life->type,
		.local = life->local,
		.peer = life->peer,
	};
	int64_t *fds = xcalloc(life->open, sizeof *fds);
	const struct descriptor *descriptor;
	DL_FOREACH (life->descriptors, descriptor)
		fds[occurrence.n_fds++] = descriptor->fd;
	occurrence.fds = fds;
	judge_fire(judge, &occurrence);
	free(fds);
}

void never_closed_process(struct judge *judge, const struct process *process)
{
	const struct life *life;
	/* What another program or a living process does with its sockets is not known yet. */
	if (process->end == END_RUNNING || process->end == END_EXEC)
		return;
	for (life = process->lives; life; life = life->hh.next)
		if (life->made && life->open && (life->leaked || !process->exited) && !life_handed_over(life))
			fire(judge, process, life);
}

char *never_closed_message(const struct finding *finding)
{
	static const char *const what[CAUSE_COUNT] = {
		[CAUSE_NONE] = "still open",
		[CAUSE_CONNECT_FAILED] = "whose connect failed, still open",
		[CAUSE_PEER_CLOSED] = "whose peer is gone, still open",
		[CAUSE_NEVER_USED] = "never used, still open",
		[CAUSE_LISTENER] = "still listening",
		[CAUSE_IN_USE] = "still open",
	};
	const struct process *process = finding->process;
	return xasprintf("%s %s when %s", socket_kind(finding), what[finding->cause],
			 process->end == END_SIGNAL    ? "the process was killed"
			 : process->end == END_UNKNOWN ? "its trace stopped"
						       : "the process ended");
}
