/* Traces for other tools.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPORT_H
#define SOCKSAN_ANALYZER_EXPORT_H

#include <stdio.h>

#include "analyzer/live/session.h"

/* Each takes a session that has been read. Returns -1 if writing failed, or after a message. */

/* What was opened, by stack: how many, and how many of them are open and closed. */
int export_pprof(FILE *out, const struct session *session);

/* The events of all traces in order of time, one line of JSON each, with functions and lines in place of stack ids. */
int export_ndjson(FILE *out, const struct session *session);

/* The life of each socket on a timeline, for Perfetto and chrome://tracing. */
int export_perfetto(FILE *out, const struct session *session);

#endif
