/* The process as the trace sees it: its start, its forks, its programs, its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROCESS_H
#define SHIM_PROCESS_H

#include "shim/state/self.h"

#include <stdbool.h>
#include <stdint.h>

/* Constructor's part: lists what was inherited. */
void process_start(void);

/* The same in a process that ran already, by and by: once nothing of it is recorded yet; then what is open, and recording begins. How many
 * were open. */
void process_attach(void);
int process_adopt(void);

/* The rest of what is open, where it is much: the thread that this is done in must not be kept for long. Whether there is more, and how many
 * were open. */
bool process_adopt_more(int *sockets);

/* Recording ends, and the process goes on. */
void process_detach(void);

/* Before sockets may cross to another process by `op`: the trace learns their cookies. Returns the time from which on another process, or
 * another program, may have some, 0 when none has. */
uint64_t process_give(const char *op);

/* `op` of that time made a process: its pid, or 0 where that is not known. */
void process_spawned(const char *op, int child, uint64_t t);

/* Strangers, children that run on the TLS of one of this process's threads while that runs too: one more, one less. */
void process_strangers(int more);

/* Whether this process, at its end, runs on the memory of another one that goes on. */
bool process_borrows(void);

/* From here on something shares memory or descriptors with this process and is not recorded: says so. */
void process_unseen(void);

/* Whether this is the only thread that there is. In doubt, no. */
bool process_alone(void);

/* Whether another thread has this one's table of descriptors, too. In doubt, yes. */
bool process_shares(void);

/* This thread has a table of its own now (CLONE_FILES of unshare(2), CLOSE_RANGE_UNSHARE). False: nobody else had it, so that it still is
 * the one that is recorded. */
bool process_unshared(void);

/* In the child of a fork. */
void process_child(void);

/* Right before another program takes over, and when it did not (`error`, an errno value). */
void process_exec(const char *op, const char *path, int error);

/* This process was told that a child of it died by a signal: put on the board. Safe in a vfork child. */
void process_death(int pid, int signal);

/* Orderly end with this status: leaks, the exit line, the file cut to its length. Only the first call counts. */
void process_exit(int status);

#endif
