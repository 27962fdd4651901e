/* The trace file: lines go into a shared mapping of it, so that what was recorded survives any death of the process.
 *
 * On the common path there is no lock and no allocation. The file grows by blocks of newlines (blank lines are valid
 * JSON Lines) written with O_APPEND; each thread takes blocks of its own and copies its lines there. No descriptor is
 * kept, since the host would notice it: to grow, the file is opened by its name, on a table that is not the host's
 * (errand.h). Only where that name is about to become unreachable (trace_seclude) is one kept, at the upper end of the
 * host's numbers, and it is given up when the host has no other.
 *
 * A file belongs to one process. Where the name is taken by another process, with the same pid elsewhere or earlier,
 * the next name is used: <log_path>.<pid>-2.jsonl and so on.
 * All functions are safe in any thread and in signal handlers and leave errno alone, unless they say otherwise.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_H
#define SHIM_TRACE_H

#include "shim/trace/bounds.h"
#include "shim/trace/descriptor.h"
#include "shim/trace/now.h"
#include "shim/trace/rank.h"
#include "shim/trace/scratch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends one line, newline included, of at most TRACE_LINE_MAX bytes. The first line makes the file. Returns false if
 * the line was lost; that is counted, and the `lost` line says so, unless it is a TRACE_PLACE. */
bool trace_put(const char *line, size_t len); /* an event */
bool trace_put_as(enum trace_rank, const char *line, size_t len);

/* Counts an event that was lost before its line was written. */
void trace_lose(void);

/* Returns false if max_bytes is met and a line of this rank would not be taken either. */
bool trace_has_room(enum trace_rank);

/* Where the `process` line says '1' while a thread is in a call that writes to a socket, else '0': after a death by
 * SIGPIPE nothing else distinguishes a socket from a pipe. Threads share it, so '1' may mean any of them. */
extern char *trace_writing __attribute__((visibility("hidden")));

/* Where it has the number of the socket whose last descriptor a thread began to close last, in eight characters: after
 * a death in the middle of the call, there is no line of it. */
extern uint64_t *trace_closing __attribute__((visibility("hidden")));

/* Writes that line, with the places of both in it. `closing` has room for TRACE_CLOSING bytes, blanks but for a 0 in the
 * middle, so that eight of them are aligned. */
enum { TRACE_CLOSING = 15 };
void trace_put_first(const char *line, size_t len, const char *writing, const char *closing);

/* Called once per file, right after it was made, to write the `process` line. */
extern void (*trace_opened)(void);

void trace_open(void);	  /* makes the file now */
void trace_seclude(void); /* makes it, and prepares to go on writing where its name cannot be reached */

/* Counts for the `exit` line. */
extern uint64_t trace_events __attribute__((visibility("hidden"))), trace_dropped;

/* Call after the last line: waits up to 100 ms for lines that other threads are writing, and a second for what they add
 * to the file, and cuts the newlines past the last. Lines put later are lost. */
void trace_finish(void);

/* Removes the file again if no event is in it and none was lost, and ends the trace. Returns false if it stays. */
bool trace_discard(void);

/* Call around an exec, which ends other threads wherever they are. On: waits up to 10 ms until none is writing a line,
 * and makes new lines wait, some ms at most, until it is off again. */
void trace_hold(bool on);

/* Ends the trace of a process that goes on. No new one begins until trace_again(). */
void trace_leave(void);
void trace_again(void);

/* In a forked child: forgets the parent's file. The next line makes the child's own. */
void trace_forget(void);

/* Before a seccomp filter: prepares the file for what can be written without a system call. */
void trace_prepare(void);

#endif
