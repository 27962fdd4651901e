/* Parses a line as the shim writes it: one flat object without escapes, in one pass and in place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_SCAN_H
#define SOCKSAN_ANALYZER_TRACE_SCAN_H

#include <stdbool.h>

#include "analyzer/read/trace_keys.h"

/* Fills in the event. False: leave the line, which is unchanged, to jansson. */
bool trace_scan(struct trace_parser *parser, const struct trace_line *line);

/* The t of a line that begins the way the shim writes it; -1 if it does not. */
int64_t trace_scan_time(const struct trace_line *line);

#endif
