/* Traces that may still be growing, and the state replayed from them: each reading covers only what was added.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SESSION_H
#define SOCKSAN_ANALYZER_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/replay/replay.h"

struct session;
struct trace_reader;

/* `what` is a PID, a trace, a folder of traces, or "-". NULL, after a message, if it cannot be used. A word of digits is a PID; "./71" is a
 * file. */
struct session *session_open(const char *what) __attribute__((warn_unused_result));
void session_free(struct session *session);

/* Reads everything that has been written by now. `settle`: first waits a moment, so that simultaneous lines of several threads are complete.
 * False: the process that was asked for has ended; what it had is still known. */
bool session_look(struct session *session, bool settle);

/* Call before the first reading: it then covers only what is this much older than the newest line. */
void session_begin(struct session *session, int64_t ago);

struct traced_process *session_processes(const struct session *session);

/* A reader of the same traces from their beginning. NULL, after a message, if they cannot be read again. */
struct trace_reader *session_read_again(const struct session *session) __attribute__((warn_unused_result));

/* The traces, or the single folder that contains them. */
const char *const *session_paths(const struct session *session, size_t *n);

/* The number of torn lines. */
uint64_t session_torn(const struct session *session);

#endif
