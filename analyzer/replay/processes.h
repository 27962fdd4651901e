/* The processes of all traces, and the lines about processes themselves: start, end, events that were not recorded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROCESSES_H
#define SOCKSAN_ANALYZER_PROCESSES_H

#include "analyzer/replay/lives.h"

struct cookies;
struct processes;

/* `cookies` must live as long as this. */
struct processes *processes_new(struct cookies *cookies);
void processes_free(struct processes *processes);

/* In order of their first event. */
struct traced_process *processes_first(const struct processes *processes);

/* The process that lines with this event's pid, in its file, currently belong to; NULL: none. */
struct traced_process *processes_find(struct processes *processes, const struct trace_event *event);

/* From now on such lines belong to a new process, of which only its events are known so far. */
struct traced_process *processes_add(struct processes *processes, const struct trace_event *event);

/* Handles a process line: a new process, or a new image of one. */
void processes_announce(struct processes *processes, const struct trace_event *event);

/* Handles an exit line. `*contradiction` is set if something is impossible, else left unchanged. */
void processes_exit(struct processes *processes, struct traced_process *process, const struct trace_event *event,
		    const char **contradiction);

/* Handles a `lost` line. */
void process_lost(struct traced_process *process, const struct trace_event *event);

/* Whether a pid in this machine's view, or in that of the namespace `pidns` (-1: unknown), may be this process's. */
bool process_may_be(const struct traced_process *process, int64_t pid, int64_t pidns);

/* The command of a run, added as the first process if it left no trace. */
void processes_command(struct processes *processes, pid_t pid, int64_t pidns, const char *exe, const char *const *argv);

#endif
