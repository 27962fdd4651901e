/* Traces as other tools read them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_EXPORT_H
#define SOCKSAN_ANALYZER_EXPORT_H

#include <stdio.h>

#include "analyzer/live/session.h"

/* Each takes a session that has looked. -1: it could not be written, or a message says why not. */

/* What was opened, by stack: how many, how many of them are still open, and how many are not. */
int export_pprof(FILE *out, const struct session *session);

/* The events of all traces in order of time, a line of JSON each, with functions and lines in place of numbers of stacks. */
int export_ndjson(FILE *out, const struct session *session);

/* The life of each socket on a line of time, as Perfetto and chrome://tracing show it. */
int export_perfetto(FILE *out, const struct session *session);

#endif
