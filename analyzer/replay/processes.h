/* The processes of all traces, and what lines tell of a process itself: its start, its end, what was not recorded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROCESSES_H
#define SOCKSAN_ANALYZER_PROCESSES_H

#include "analyzer/replay/lives.h"

struct cookies;
struct processes;

/* `cookies` must live as long. */
struct processes *processes_new(struct cookies *cookies);
void processes_free(struct processes *processes);

/* In order of their first event. */
struct traced_process *processes_first(const struct processes *processes);

/* The process that lines with this event's pid, in its file, are about by now; NULL: none. */
struct traced_process *processes_find(struct processes *processes, const struct trace_event *event);

/* Such lines are about a new process from now on, of which only its events are known as yet. */
struct traced_process *processes_add(struct processes *processes, const struct trace_event *event);

/* Takes a process line: a new process, or a new image of one. */
void processes_announce(struct processes *processes, const struct trace_event *event);

/* Takes an exit line. `*contradiction` says what cannot be; else it stays. */
void processes_exit(struct processes *processes, struct traced_process *process, const struct trace_event *event,
		    const char **contradiction);

/* Takes a `lost` line. */
void process_lost(struct traced_process *process, const struct trace_event *event);

/* Whether a pid as this machine's processes see it, or as those of the namespace `pidns` do (-1: not known), may be this process's. */
bool process_may_be(const struct traced_process *process, int64_t pid, int64_t pidns);

/* The command of a run: the first of the processes when it left no trace. */
void processes_command(struct processes *processes, pid_t pid, int64_t pidns, const char *exe, const char *const *argv);

#endif
