/* Reads traces: finds the files, knows JSON lines, gives events in order of time.
 *
 * Lines do not stand in order of t in a file: each thread of the traced process writes into blocks of its own. So a file
 * is a set of ascending runs. Adding a file finds its runs; reading merges all runs of all files. Memory is for the
 * runs that overlap in time, never for all events.
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

/* Called now and then with the bytes seen and the bytes there are. */
void trace_reader_on_progress(struct trace_reader *reader, void (*progress)(uint64_t done, uint64_t total));

/* Adds a file, a folder of *.jsonl files, or "-". -1: it cannot be used, and a message says why. */
int trace_reader_add(struct trace_reader *reader, const char *path) __attribute__((warn_unused_result));

/* The next event in order of time, or NULL at the end. Lines that cannot be used are complained of and left out. */
const struct trace_event *trace_reader_next(struct trace_reader *reader);

/* Likewise, but those later than `until` come with a later call. */
const struct trace_event *trace_reader_next_until(struct trace_reader *reader, int64_t until);

/* The JSON of the last event, borrowed until the next one. */
const json_t *trace_reader_json(struct trace_reader *reader);

/* -- traces that are still written: what was written since is read, and nothing twice -- */

/* Before the first file is added. A line that is not whole is waited for. */
void trace_reader_follow(struct trace_reader *reader);

/* Finds the lines that have come since it was added, or last looked at, and the files in its folders. Their events come next. */
void trace_reader_look(struct trace_reader *reader);

/* Nobody writes this file any more, as `file` of an event has it, and all of it was found: it is not looked at again. */
void trace_reader_leave(struct trace_reader *reader, unsigned file);

/* The latest time of all lines found so far; 0: there is none. Of several threads, one may write a line with an earlier time still. */
int64_t trace_reader_newest(const struct trace_reader *reader);

/* Says on standard error what is wrong with an event's line; past a few per file it only counts. */
void trace_reader_complain(struct trace_reader *reader, const struct trace_event *event, const char *what);

/* Says how many more complaints there were. */
void trace_reader_finish(struct trace_reader *reader);

uint64_t trace_reader_torn(const struct trace_reader *reader);

#endif
