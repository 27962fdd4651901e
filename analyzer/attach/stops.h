/* Stops of a seized thread: PTRACE_SEIZE of ptrace(2), with PTRACE_O_TRACESYSGOOD. SIGCHLD must be blocked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_STOPS_H
#define SOCKSAN_ANALYZER_STOPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum stop {
	STOP_NONE,   /* it is running */
	STOP_EVENT,  /* as requested */
	STOP_CALL,   /* at the start or the end of a system call */
	STOP_SIGNAL, /* before it receives a signal */
	STOP_GONE,   /* it ended */
};

/* Waits for the next stop, until monotonic_now() reaches `end`. */
enum stop next_stop(pid_t tid, int64_t end, int *signal);

/* Stops a running thread; signals that arrive first are delivered to it. */
bool stop_thread(pid_t tid, int64_t end);

/* Stops tracing it, wherever it is. */
void let_go(pid_t tid);

#endif
