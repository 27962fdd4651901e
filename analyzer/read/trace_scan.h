/* Reads a line as the shim writes it: one flat object without escapes, in one pass, where it stands.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_SCAN_H
#define SOCKSAN_ANALYZER_TRACE_SCAN_H

#include <stdbool.h>

#include "analyzer/read/trace_keys.h"

/* Fills the event. False: it is for jansson to say what the line is, which is as it was. */
bool trace_scan(struct trace_parser *parser, const struct trace_line *line);

/* The t of a line that begins as the shim's do; -1: it does not. */
int64_t trace_scan_time(const struct trace_line *line);

#endif
