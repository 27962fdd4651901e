/* What a line of JSON says: the only part of the analyzer that knows the trace's keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_PARSE_H
#define SOCKSAN_ANALYZER_TRACE_PARSE_H

#include "analyzer/read/trace_keys.h"

/* The t of a line without parsing the rest: the number behind the key "t" of the outermost object. -1: none. */
int64_t peek_time(const struct trace_line *line);

/* The same for lines of any form, in more time. */
int64_t find_time(const struct trace_line *line);

/* The event in a line, good until the next one, as long as the line's text is; NULL when it is of no use, and the file is complained of. */
struct trace_event *trace_parse(struct trace_parser *parser, struct trace_file *file, const struct trace_line *line);

/* The same by jansson alone, which gives the same event; the parser is new, or cleared. */
struct trace_event *trace_parse_slowly(struct trace_parser *parser, struct trace_file *file,
				       const struct trace_line *line);

/* The JSON of the last event, borrowed until the next one. */
const json_t *trace_parser_json(struct trace_parser *parser);

void trace_parser_clear(struct trace_parser *parser);

#endif
