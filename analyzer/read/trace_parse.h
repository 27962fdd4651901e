/* Parses lines of JSON: the only part of the analyzer that knows the keys of traces.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_PARSE_H
#define SOCKSAN_ANALYZER_TRACE_PARSE_H

#include "analyzer/read/trace_keys.h"

/* The t of a line, found without parsing the rest: the number after the key "t" of the outermost object. -1 if there is none. */
int64_t peek_time(const struct trace_line *line);

/* The same for lines of any form, but slower. */
int64_t find_time(const struct trace_line *line);

/* The event in a line, valid until the next one and as long as the text of the line is. NULL if it is useless; a complaint is made about the
 * file. */
struct trace_event *trace_parse(struct trace_parser *parser, struct trace_file *file, const struct trace_line *line);

/* The same using only jansson, with the same result; the parser is new, or cleared. */
struct trace_event *trace_parse_slowly(struct trace_parser *parser, struct trace_file *file,
				       const struct trace_line *line);

/* The JSON of the last event, borrowed until the next one. */
const json_t *trace_parser_json(struct trace_parser *parser);

void trace_parser_clear(struct trace_parser *parser);

#endif
