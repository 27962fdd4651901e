/* What a line of JSON says: the only part of the analyzer that knows the trace's keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_PARSE_H
#define SOCKSAN_ANALYZER_TRACE_PARSE_H

#include <jansson.h>

#include "analyzer/read/event.h"
#include "analyzer/read/trace_lines.h"

struct trace_parser {
	struct trace_event event;
	json_t *json; /* behind the event */
	struct event_frame *frames;
	const char **strings[2]; /* argv, script */
	uint64_t *counts;
	size_t cap_frames, cap_strings[2], cap_counts;
	uint64_t torn;
};

/* The t of a line without parsing the rest: the number behind the key "t" of the outermost object. -1: none. */
int64_t peek_time(const struct trace_line *line);

/* The event in a line, good until the next one; NULL when it is of no use, and the file is complained of. */
struct trace_event *trace_parse(struct trace_parser *parser, struct trace_file *file, const struct trace_line *line);

void trace_parser_clear(struct trace_parser *parser);

#endif
