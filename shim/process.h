/* The process as the trace sees it: its start, its forks, its programs, its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROCESS_H
#define SHIM_PROCESS_H

#include "shim/thread.h"

#include <stdbool.h>
#include <stdint.h>

struct process {
	bool on;	  /* recording at all */
	bool follow_exec; /* the next program is traced too */
	int pid;
	int quick_status; /* given to quick_exit */
	int *alive;	  /* zero in a child however it was forked: its page is wiped (madvise(2), MADV_WIPEONFORK) */
};

extern struct process process;

/* A fork that no hook saw: adopts the child. */
void process_adopt(void);

static inline bool process_active(void)
{
	if (!process.on || thread.vforked)
		return false;
	if (__builtin_expect(!*process.alive, 0)) {
		process_adopt();
		return process.on;
	}
	return true;
}

static inline int process_pid(void) { return process.pid; }

/* Constructor's part: lists what was inherited. */
void process_start(void);

/* Before sockets may cross to another process by `op`: the trace learns their cookies. Returns the time from which on some may enter
 * another program, 0 when none does. */
uint64_t process_give(const char *op);

/* `op` of that time made a process for another program: its pid, or 0 where that is not known. */
void process_spawned(const char *op, int child, uint64_t t);

/* In the child of a fork. */
void process_child(void);

/* Right before another program takes over, and when it did not (`error`, an errno value). */
void process_exec(const char *op, const char *path, int error);

/* Orderly end with this status: leaks, the exit line, the file cut to its length. Only the first call counts. */
void process_exit(int status);

#endif
