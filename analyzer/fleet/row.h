/* A line of a trace as a row of `events`, in ClickHouse's RowBinary: values never become SQL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_ROW_H
#define SOCKSAN_ANALYZER_FLEET_ROW_H

#include <stdbool.h>

#include "analyzer/fleet/bytes.h"
#include "analyzer/fleet/labels.h"
#include "analyzer/fleet/trace_origin.h"
#include "analyzer/read/trace_keys.h"

/* "service, version, ..." */
char *row_columns(void) __attribute__((warn_unused_result));

/* What all rows of a file begin with. */
void row_begin(struct bytes *out, const struct trace_origin *origin, const struct labels *labels, const char *file);

/* Appends a row; the text of the line is changed. False: it was not understood, so that only the line itself is in it, and its time if it has
 * one. `*day`: since the epoch, 0 if unknown. */
bool row_put(struct bytes *out, const struct bytes *beginning, struct trace_parser *parser, struct trace_file *file,
	     const struct trace_line *line, struct trace_origin *origin, const struct labels *labels, unsigned *day);

#endif
