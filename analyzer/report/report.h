/* From traces to reports, the one function behind `socksan run` and `socksan report`: read, replay, judge, write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_H
#define SOCKSAN_ANALYZER_REPORT_H

#include <stddef.h>
#include <sys/types.h>

#include "analyzer/report/deliver.h"
#include "analyzer/judge/limits.h"
#include "shim/model/board.h"

/* What `socksan run` knows about its command that is in no trace. */
struct run_facts {
	pid_t pid;
	int status;		   /* as waitpid gave it */
	const struct board *board; /* what its processes wrote beside their traces */
	const char *not_observed;  /* why the shim could not enter the command, or NULL */
	const char *exe;	   /* the command's file */
	const char *const *argv;
	const pid_t *living; /* processes of the command that the run did not wait for */
	size_t n_living;
	bool passing;	 /* its traces are about to be removed */
	bool injects;	 /* a call was to fail */
	bool hides_argv; /* the process's argv must not be shown */
};

/* Reads the traces, which are files or folders ("-" is standard input), and delivers the report. The report in --format goes to standard
 * error for a run, and to standard output if `run` is NULL. The board of a folder is read too, unless the run has one. */
enum delivered report_traces(const struct delivery *delivery, const struct limits *limits, const char *const *paths,
			     size_t n, const struct run_facts *run) __attribute__((warn_unused_result));

#endif
