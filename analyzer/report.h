/* From traces to reports, the one call behind `socksan run` and `socksan report`: read, replay, judge, write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_H
#define SOCKSAN_ANALYZER_REPORT_H

#include <stddef.h>
#include <sys/types.h>

#include "analyzer/settings.h"

/* What `socksan run` knows of the command it ran, and no trace can tell. */
struct run_facts {
	pid_t pid;
	int status;		  /* as waitpid gave it */
	const char *not_observed; /* why the shim could not enter the command, or NULL */
	const char *const *argv;
};

/* Reads the traces, files or folders of them ("-" is standard input), and writes every report that the settings name.
 * The report in --format goes to standard error for a run, and to standard output when `run` is NULL.
 * 0: nothing reached --fail-on. 1: something did. -1: failed, and the message is written. */
int report_traces(const struct settings *settings, const struct limits *limits, const char *const *paths, size_t n,
		  const struct run_facts *run) __attribute__((warn_unused_result));

#endif
