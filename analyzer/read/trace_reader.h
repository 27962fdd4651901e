/* Reads traces: finds the files, parses JSON lines, returns events in order of time.
 *
 * Lines are not in order of t in a file: each thread of the traced process writes into blocks of its own. So a file is a set of ascending
 * runs. Adding a file finds its runs; reading merges all runs of all files. Memory use depends on the runs that overlap in time, not on the
 * number of events.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_READER_H
#define SOCKSAN_ANALYZER_TRACE_READER_H

#include <stdint.h>

#include <jansson.h>

#include "analyzer/read/event.h"

struct trace_reader;

struct trace_reader *trace_reader_new(void);
void trace_reader_free(struct trace_reader *reader);

/* Called now and then with the number of bytes read so far and the total. */
void trace_reader_on_progress(struct trace_reader *reader, void (*progress)(uint64_t done, uint64_t total));

/* Adds a file, a folder of *.jsonl files, or "-". Returns -1, with a message, if it cannot be used. */
int trace_reader_add(struct trace_reader *reader, const char *path) __attribute__((warn_unused_result));

/* The next event in order of time, or NULL at the end. Skips unusable lines, with a complaint. */
const struct trace_event *trace_reader_next(struct trace_reader *reader);

/* Likewise, but leaves events later than `until` for a later call. */
const struct trace_event *trace_reader_next_until(struct trace_reader *reader, int64_t until);

/* The JSON of the last event, borrowed until the next one. */
const json_t *trace_reader_json(struct trace_reader *reader);

/* -- traces that are still being written: reads only what is new ------------------------------------------------- */

/* Call before adding the first file. Waits for incomplete lines to be completed. */
void trace_reader_follow(struct trace_reader *reader);

/* Finds the lines and, in folders, the files that have appeared since the last call. Their events come next. */
void trace_reader_look(struct trace_reader *reader);

/* Nobody writes to this file any more (`file` as in an event), and everything in it was found: never look at it again. */
void trace_reader_leave(struct trace_reader *reader, unsigned file);

/* The latest time of all lines found so far; 0 if there is none. Another thread may still write a line with an earlier time. */
int64_t trace_reader_newest(const struct trace_reader *reader);

/* Complains of an event's line on standard error; after a few complaints per file it only counts them. */
void trace_reader_complain(struct trace_reader *reader, const struct trace_event *event, const char *what);

/* Says how many more complaints there were. */
void trace_reader_finish(struct trace_reader *reader);

uint64_t trace_reader_torn(const struct trace_reader *reader);

/* Whether a file of that trace (see struct trace_event) ends in the middle of a line, so that its end is missing. */
bool trace_reader_cut(const struct trace_reader *reader, unsigned trace);

#endif
