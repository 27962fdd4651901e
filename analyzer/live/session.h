/* Traces that may still be written, and what they have come to: each look reads what was written since, and no more.
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

/* `what` is a PID, a trace, a folder of traces, or "-". NULL: it cannot be used, and a message says why. A word of digits is a PID; "./71"
 * is a file. */
struct session *session_open(const char *what) __attribute__((warn_unused_result));
void session_free(struct session *session);

/* Takes in all that there is by now. `settle`: lines of one moment are given the time to come together first. False: the process that was
 * asked for is gone; what it had is still known. */
bool session_look(struct session *session, bool settle);

/* Before the first look: takes in what is older than the newest line by so much. */
void session_begin(struct session *session, int64_t ago);

struct traced_process *session_processes(const struct session *session);

/* A reader of the same traces, from their beginning. NULL, and said why: they cannot be read again. */
struct trace_reader *session_read_again(const struct session *session) __attribute__((warn_unused_result));

/* The traces, or the one folder of them. */
const char *const *session_paths(const struct session *session, size_t *n);

/* Lines that were torn. */
uint64_t session_torn(const struct session *session);

#endif
