/* The files to read: those that were named, and those in folders that were named. Each is read once, however many names it has.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACE_INPUTS_H
#define SOCKSAN_ANALYZER_TRACE_INPUTS_H

#include "analyzer/read/trace_lines.h"

struct seen;

struct trace_inputs {
	struct trace_file *files;
	size_t n, cap;
	char **folders; /* what was named */
	size_t n_folders, cap_folders;
	struct seen *seen;
};

/* Appends a file, a folder of *.jsonl files, or "-" to the list. Returns -1, with a message, if it cannot be used. */
int trace_inputs_add(struct trace_inputs *inputs, const char *path) __attribute__((warn_unused_result));

/* Adds the files that have appeared in the folders since. An empty one is tried again later. */
void trace_inputs_look(struct trace_inputs *inputs);

void trace_inputs_free(struct trace_inputs *inputs);

#endif
