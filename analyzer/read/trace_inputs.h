/* Which files are read: those that were named, and those in folders that were, each once by whichever name.
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
	char **folders; /* that were named */
	size_t n_folders, cap_folders;
	struct seen *seen;
};

/* Adds a file, a folder of *.jsonl files, or "-", to the end of the list. -1: it cannot be used, and a message says why. */
int trace_inputs_add(struct trace_inputs *inputs, const char *path) __attribute__((warn_unused_result));

/* Adds what has come into the folders since. One that is empty has its turn later. */
void trace_inputs_look(struct trace_inputs *inputs);

void trace_inputs_free(struct trace_inputs *inputs);

#endif
