/* From events to lives: which socket a descriptor was, from when to when it lived, which process had it.
 *
 * Memory grows with the live sockets, the descriptors and the distinct stacks of each process.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPLAY_H
#define SOCKSAN_ANALYZER_REPLAY_H

#include "analyzer/replay/lives.h"

struct replay_totals {
	uint64_t processes, sockets, events, dropped, open_peak;
};

struct replay;

struct replay *replay_new(void);
void replay_free(struct replay *replay);

/* The kinds of descriptors that are judged, a bit each: others are not counted, and are no leaks. Default: sockets only. */
void replay_kinds(struct replay *replay, int64_t kinds);

/* Handles one event. True if `moment` is a fact about a descriptor (an fd or a leak line). `*contradiction` says what is impossible, or is
 * NULL; the rest of such an event is still used. */
bool replay_event(struct replay *replay, const struct trace_event *event, struct moment *moment,
		  const char **contradiction);

/* A command that was observed is one of the processes, even if it did nothing that makes a trace. Call before replay_waited(), see ends.h. */
void replay_command(struct replay *replay, pid_t pid, int64_t pidns, const char *exe, const char *const *argv);

/* The processes, by their first event. */
struct traced_process *replay_processes(const struct replay *replay);

/* The next socket that processes share, see cookies_next(). */
struct cookie *replay_shared(const struct replay *replay, const struct cookie *cookie);

struct replay_totals replay_totals(const struct replay *replay);

#endif
