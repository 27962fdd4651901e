/* What both readers of a line share: the keys, the kinds of lines, and where each value is stored.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_KEYS_H
#define SOCKSAN_ANALYZER_TRACE_KEYS_H

#include <stddef.h>

#include <jansson.h>

#include "analyzer/read/event.h"
#include "analyzer/read/trace_lines.h"

enum key_type {
	KEY_STRING,
	KEY_NUMBER,
	KEY_DESCRIPTOR,
	KEY_STATE,
	KEY_KIND,
	KEY_NOTE,
	KEY_HOW,
	KEY_LOSS,
	KEY_FLAG,
	KEY_HEX,
	KEY_SECONDS,
	KEY_ARGV,
	KEY_SCRIPT,
	KEY_RUNS,
	KEY_MEMBERS,
	KEY_FRAMES
};

/* A key that the analyzer reads; it skips all others. */
struct trace_key {
	const char *name;
	enum key_type type;
	size_t offset; /* of the member, or the language */
};

extern const struct trace_key trace_keys[];
extern const size_t trace_keys_n;

/* A kind of line: its name, and the keys that it must have to be of use. */
struct event_row {
	const char *name;
	const char *needs[3];
};

extern const struct event_row event_rows[];
extern const size_t event_rows_n;

/* An event without any values. */
extern const struct trace_event trace_event_blank;

/* The state of a reader, kept from line to line. */
struct trace_parser {
	struct trace_event event;
	struct trace_line line; /* of the event */
	json_t *json;		/* what comes after it; NULL if nobody needed it */
	struct event_frame *frames;
	const char **strings[2]; /* argv, script */
	uint64_t *counts[2];
	size_t cap_frames, cap_strings[2], cap_counts[2];
	char **cuts; /* the quotes that the scanner overwrote to terminate strings */
	size_t n_cuts, cap_cuts;
	uint64_t *met, scans;	 /* the scan that last met each key, and the number of the present scan */
	unsigned char *next_key; /* the key that came after each key last time */
	unsigned last_kind;
	uint64_t torn;
};

#endif
