/* Stops of a thread that was seized: PTRACE_SEIZE of ptrace(2), with PTRACE_O_TRACESYSGOOD. SIGCHLD is to be blocked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_STOPS_H
#define SOCKSAN_ANALYZER_STOPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum stop {
	STOP_NONE,   /* it runs */
	STOP_EVENT,  /* as was asked for */
	STOP_CALL,   /* at the beginning or the end of a system call */
	STOP_SIGNAL, /* before it takes a signal */
	STOP_GONE,   /* it ended */
};

/* Waits for the next one, until `end` by monotonic_now(). */
enum stop next_stop(pid_t tid, int64_t end, int *signal);

/* Stops a thread that runs; signals that come first are the thread's. */
bool stop_thread(pid_t tid, int64_t end);

/* Ends the tracing, wherever it is. */
void let_go(pid_t tid);

#endif
