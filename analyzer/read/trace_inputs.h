/* The files to read: those that were named, and those in folders that were named. Each is read once, however many names it has.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_INPUTS_H
#define SOCKSAN_ANALYZER_TRACE_INPUTS_H

#include "analyzer/read/trace_lines.h"

struct seen;
struct parts;

struct trace_inputs {
	struct trace_file *files;
	size_t n, cap;
	char **folders; /* what was named */
	size_t n_folders, cap_folders;
	struct seen *seen;
	struct parts *parts;
};

/* Appends a file, a folder of *.jsonl files, or "-" to the list. Returns -1, with a message, if it cannot be used. */
int trace_inputs_add(struct trace_inputs *inputs, const char *path) __attribute__((warn_unused_result));

/* Adds the files that have appeared in the folders since. An empty one is tried again later. */
void trace_inputs_look(struct trace_inputs *inputs);

/* The length of the prefix that a segment's name shares with the first file of its trace: "t.71.s5.jsonl" with "t.71.jsonl", or
 * "t.71.s8.5.jsonl" of a later program. 0: it is not the name of a segment. */
size_t trace_stem(const char *path);

/* If the first bytes of a file show that it cannot be a trace, says what it is; else NULL. */
const char *trace_foreign(const char *head, size_t n);

void trace_inputs_free(struct trace_inputs *inputs);

#endif
