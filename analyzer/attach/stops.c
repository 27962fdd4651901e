/* Stops of a traced thread: see stops.h; ptrace(2), sigtimedwait(2).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/attach/stops.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "analyzer/base/util.h"

enum stop next_stop(pid_t tid, int64_t end, int *signal)
{
	int status;
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD); /* blocked: see stops.h */
	for (;;) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);
		if (got < 0 && errno != EINTR)
			return STOP_GONE;
		if (got == tid)
			break;
		if (monotonic_now() > end)
			return STOP_NONE;
		sigtimedwait(&child, NULL, &(struct timespec){.tv_nsec = 5000000});
	}
	if (!WIFSTOPPED(status))
		return STOP_GONE;
	*signal = WSTOPSIG(status);
	return status >> 16 == PTRACE_EVENT_STOP ? STOP_EVENT : *signal == (SIGTRAP | 0x80) ? STOP_CALL : STOP_SIGNAL;
}

/* Any other stop cancels the request, so it is repeated. */
bool stop_thread(pid_t tid, int64_t end)
{
	int signal = 0;
	enum stop stop = STOP_NONE;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0)
		return false;
	while ((stop = next_stop(tid, end, &signal)) == STOP_SIGNAL || stop == STOP_CALL)
		if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0 ||
		    ptrace(PTRACE_CONT, tid, NULL, (void *)(intptr_t)(stop == STOP_SIGNAL ? signal : 0)) != 0)
			return false;
	return stop == STOP_EVENT;
}

void let_go(pid_t tid)
{
	int signal = 0;
	if (ptrace(PTRACE_DETACH, tid, NULL, NULL) == 0 || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0)
		return;
	if (next_stop(tid, monotonic_now() + 1000000000, &signal) != STOP_SIGNAL)
		signal = 0;
	ptrace(PTRACE_DETACH, tid, NULL, (void *)(intptr_t)signal);
}
