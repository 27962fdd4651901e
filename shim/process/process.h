/* The process as the trace sees it: its start, forks, execs and end.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROCESS_H
#define SHIM_PROCESS_H

#include "shim/state/self.h"

#include <stdbool.h>
#include <stdint.h>

/* The constructor's part: lists what was inherited. */
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

/* Call before sockets may cross to another process by `op`: their cookies are written to the trace. Returns the time from which another
 * process or program may have some, 0 if none may. */
uint64_t process_give(const char *op);

/* Call after `op` created a process. `child` is its pid, or 0 if unknown; `t` comes from process_give(). */
void process_spawned(const char *op, int child, uint64_t t);

/* Counts strangers: children that run on the TLS of one of this process's threads at the same time as that thread. */
void process_strangers(int more);

/* Whether this process, at its end, is in the memory of another one that continues. */
bool process_borrows(void);

/* From here on, something that shares memory or descriptors with this process is not recorded: says so. */
void process_unseen(void);

/* Whether this is the only thread. If in doubt, no. */
bool process_alone(void);

/* Whether another thread shares this one's descriptor table. If in doubt, yes. */
bool process_shares(void);

/* This thread has its own table from now on (CLONE_FILES of unshare(2), CLOSE_RANGE_UNSHARE). Returns false if no other thread shared it,
 * so that it is still the recorded one. */
bool process_unshared(void);

/* Call in the child of a fork. */
void process_child(void);

/* Call right before an exec, and again if it failed (`error`, an errno value). */
void process_exec(const char *op, const char *path, int error);

/* A child of this process died by a signal: noted on the board. Safe in a vfork child. */
void process_death(int pid, int signal);

/* Writes what is open beside the trace when descriptors run out, or on the signal of dump_signal; for the constructor. */
void process_dumps(void);

/* Orderly exit with this status: writes leaks and the exit line, and cuts the file to its length. Only the first call has an effect. */
void process_exit(int status);

#endif
