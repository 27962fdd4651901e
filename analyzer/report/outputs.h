/* The files that reports are written to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OUTPUTS_H
#define SOCKSAN_ANALYZER_OUTPUTS_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/report/format.h"

struct report;

struct output {
	enum report_format format;
	const char *path; /* "-": standard output */
};

struct outputs {
	enum report_format format; /* of the main report */
	struct output *list;	   /* the other reports */
	size_t n;
	bool quiet; /* no main one is written */
};

/* Files, and folders of traces, that the report is made from, which none may overwrite. */
struct inputs {
	const char *const *paths;
	size_t n;
	const char *what;    /* "a trace that is read" */
	bool is_json_report; /* which another one may bring up to date */
};

/* Checks, before the work, for what would spoil the reports after it: a file that cannot be written, that two reports would go to, or that
 * is one of the `n` kinds of input. Returns 0, or -1 with the message written. */
int outputs_check(const struct outputs *outputs, FILE *main_output, const struct inputs *inputs, size_t n)
	__attribute__((warn_unused_result));

/* Whether a report of this format is written. */
bool outputs_have(const struct outputs *outputs, enum report_format format);

/* Writes every report, the main one to `main_output`. Returns 0, or -1 with the message written. */
int outputs_write(const struct outputs *outputs, const struct report *report, FILE *main_output)
	__attribute__((warn_unused_result));

#endif
