/* Traces for other tools.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPORT_H
#define SOCKSAN_ANALYZER_EXPORT_H

#include <stdio.h>

#include "analyzer/live/session.h"

/* Each takes a session after a look. -1: writing failed, or a message was written. */

/* What was opened, by stack: how many, how many of them are still open, and how many are not. */
int export_pprof(FILE *out, const struct session *session);

/* The events of all traces by time, a line of JSON each, with functions and lines in place of stack ids. */
int export_ndjson(FILE *out, const struct session *session);

/* The life of each socket on a timeline, for Perfetto and chrome://tracing. */
int export_perfetto(FILE *out, const struct session *session);

#endif
