/* The trace file: lines go into a shared mapping of it, so that what was recorded survives any death of the process.
 *
 * No lock, no allocation. The file grows by blocks of newlines (blank lines are valid JSON Lines) that O_APPEND writes; each thread
 * takes blocks of its own and copies its lines there. No descriptor is kept, which the host would meet: to grow, the file is opened by
 * its name, on a table that is not the host's (errand.h). Only where that name is about to lead nowhere (trace_seclude) one is kept, at the
 * upper end of the host's numbers, and given up when the host has no other.
 *
 * A file belongs to one process. Where the name is another's, of a process that has the same pid elsewhere or had it before, the next is
 * taken: <log_path>.<pid>-2.jsonl and so on.
 * All functions are safe in any thread and in signal handlers and touch no errno, unless they say otherwise.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_H
#define SHIM_TRACE_H

#include "shim/trace/bounds.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/now.h"
#include "shim/trace/rank.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends one line, newline included, of at most TRACE_LINE_MAX bytes. The first one makes the file. False when it was lost, which
 * is counted, and told by a `lost` line, unless it is a TRACE_PLACE. */
#define TRACE_LINE_MAX 32768
bool trace_put(const char *line, size_t len); /* an event */
bool trace_put_as(enum trace_rank, const char *line, size_t len);

/* An event was lost before there was a line of it. */
void trace_lose(void);

/* False once max_bytes is met and a line of this rank would not be taken either. */
bool trace_has_room(enum trace_rank);

/* Memory for two long lines, since the host's stack may be small: NULL when it is refused. Give it back. */
char *trace_scratch(void);
void trace_scratch_end(char *);

/* Where the `process` line says '1' while a thread is in a call that writes to a socket, else '0': at a death by SIGPIPE nothing else tells a
 * socket from a pipe. Threads share it, so it says no more than that one of them is. trace_put_first() puts that line, of which `writing` is
 * the place. */
void trace_put_first(const char *line, size_t len, const char *writing);
extern char *trace_writing __attribute__((visibility("hidden")));

/* Called once per file, right after it was made; writes the `process` line. */
extern void (*trace_opened)(void);

void trace_open(void);	  /* makes the file now */
void trace_seclude(void); /* makes it, and what is needed to write on where its name cannot be reached */

/* Counted for the `exit` line. */
extern uint64_t trace_events, trace_dropped;

/* After the last line: waits for those under way in other threads, 10 ms at most, and cuts the newlines past it. Lines put later are
 * lost. */
void trace_finish(void);

/* Removes the file again when no event is in it, nor was lost, and ends it. False: it stays. */
bool trace_discard(void);

/* Around an exec, which ends other threads wherever they are: waits, 10 ms at most, until none is amid a line, and has those that come
 * wait until it is off again, some ms at most. */
void trace_hold(bool on);

/* Ends the trace of a process that goes on, and lets none begin until trace_again(). */
void trace_leave(void);
void trace_again(void);

/* In a forked child: forgets the parent's file; the next line makes one of its own. */
void trace_forget(void);

/* Before a seccomp filter: makes the file ready for what can be written without a system call. */
void trace_prepare(void);

#endif
