/* broken-pipe: a death by SIGPIPE that no line foretold. The shim tells a write before it when it knows the peer to be gone;
 * of the others only the end tells, and only where there was a connection to write to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge_rule.h"

static bool may_break(const struct life *life)
{
	return life->open && life->connected && life->type && strcmp(life->type, "SOCK_DGRAM") != 0;
}

void broken_pipe_process(struct judge *judge, const struct process *process)
{
	const struct life *broken = NULL;
	size_t n = 0;
	if (process->end != END_SIGNAL || process->signal != SIGPIPE || process->pipe_told ||
	    !process_end_is_known(process))
		return;
	for (const struct life *life = process->lives; life; life = life->hh.next)
		if (may_break(life)) {
			broken = life;
			n++;
		}
	if (n == 0) /* it was a pipe, and no socket */
		return;
	struct occurrence occurrence = {
		.code = VIOLATION_broken_pipe,
		.severity = violations[VIOLATION_broken_pipe].severity,
		.process = process,
		.t = process->t_last,
		.family = broken->family,
		.type = broken->type,
	};
	if (n > 1) { /* one of them */
		judge_fire(judge, &occurrence);
		return;
	}
	occurrence = occurrence_of_life(VIOLATION_broken_pipe, broken);
	int64_t *fds = fds_of(broken);
	occurrence.fds = fds;
	occurrence.n_fds = broken->open;
	judge_fire(judge, &occurrence);
	free(fds);
}
