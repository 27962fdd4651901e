/* How each process ended: see ends.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/ends.h"

#include <sys/wait.h>

#include "analyzer/replay/alive.h"
#include "analyzer/replay/processes.h"

void replay_waited(struct replay *replay, pid_t pid, int64_t pidns, int status)
{
	struct traced_process *waited = NULL;
	for (struct traced_process *process = replay_processes(replay); process; process = process->next)
		if (process_may_be(process, pid, pidns))
			waited = process; /* the last image */
	if (!waited || waited->replaced)
		return;
	if (WIFSIGNALED(status)) {
		waited->end = END_SIGNAL;
		waited->signal = WTERMSIG(status);
	} else if (WIFEXITED(status)) {
		waited->end = waited->exec_pending ? END_EXEC : END_EXIT;
		waited->status = WEXITSTATUS(status);
	}
}

void replay_killed(struct replay *replay, int64_t pid, int signal, int64_t t)
{
	struct traced_process *killed = NULL;
	/* The pid may have been reused: take the latest that began before, and was not heard of since. */
	for (struct traced_process *process = replay_processes(replay); process; process = process->next)
		if (process->pid == pid && process->end == END_UNKNOWN && !process->replaced && !process->exited &&
		    process->t_last <= t && (!killed || process->t_first >= killed->t_first))
			killed = process;
	if (!killed)
		return;
	killed->end = END_SIGNAL;
	killed->signal = signal;
	killed->t_died = t;
}

static enum process_end find_end(struct traced_process *process)
{
	if (process->replaced || process->exec_pending)
		return END_EXEC;
	if (process->exited)
		return END_EXIT;
	if (process->detached)
		return END_DETACHED;
	switch (process_alive(process->pid, process->pidns, process->start, process->boot, process->host)) {
	case ALIVE: return END_RUNNING;
	case GONE: return END_SIGNAL;
	case MAY_LIVE: process->may_live = true; break;
	case CANNOT_TELL: break;
	}
	return END_UNKNOWN;
}

void replay_finish(struct replay *replay)
{
	for (struct traced_process *process = replay_processes(replay); process; process = process->next)
		if (process->end == END_UNKNOWN)
			process->end = find_end(process);
}
