/* never-closed: a socket made in a process is still open when the process ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

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
	if (life->listened)
		return CAUSE_LISTENER;
	if ((life->state == STATE_CLOSED || life->state == STATE_BOUND) && life->rx <= 0 && life->tx <= 0)
		return CAUSE_NEVER_USED;
	return CAUSE_IN_USE;
}

static void fire(struct judge *judge, const struct process *process, const struct life *life)
{
	enum cause cause = cause_of(life);
	bool mild = cause == CAUSE_LISTENER || process->end != END_EXIT;
	struct occurrence occurrence = occurrence_of_life(VIOLATION_never_closed, life);
	const struct maker *maker = life_maker(life);
	int64_t *fds = fds_of(life);
	occurrence.cause = cause;
	if (mild)
		occurrence.severity = SEVERITY_WARNING;
	if (maker && maker->process != process) {
		occurrence.giver = maker->process;
		occurrence.taker = process;
	} else if (maker && life_taker(life)) {
		occurrence.giver = process;
		occurrence.taker = life_taker(life);
	}
	occurrence.shared = occurrence.taker ? life : NULL;
	occurrence.fds = fds;
	occurrence.n_fds = life->open;
	judge_fire(judge, &occurrence);
	free(fds);
}

void never_closed_process(struct judge *judge, const struct process *process)
{
	const struct life *life;
	/* What another program or a living process does with its sockets is not known yet. */
	if (process->end == END_RUNNING || process->end == END_EXEC || !process_end_is_known(process))
		return;
	for (life = process->lives; life; life = life->hh.next)
		if (life->made && life->open && !life->intended && (life->leaked || !process->exited) &&
		    !life_handed_over(life))
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
	char *passed = crossing(finding);
	bool deaf = finding->cause == CAUSE_LISTENER && finding->state != STATE_LISTENING;
	char *text = xasprintf("%s %s when %s%s%s", socket_kind(finding),
			       deaf ? "that listened once, still open" : what[finding->cause],
			       process->end == END_SIGNAL    ? "the process was killed"
			       : process->end == END_UNKNOWN ? "its trace stopped"
							     : "the process ended",
			       *passed ? "; " : "", passed);
	free(passed);
	return text;
}
