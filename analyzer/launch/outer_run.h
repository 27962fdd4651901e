/* A run within a run: what the inner one recorded is passed on to the outer one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OUTER_RUN_H
#define SOCKSAN_ANALYZER_OUTER_RUN_H

#include "analyzer/launch/trace_dir.h"
#include "shim/model/board.h"

/* The `socksan run` that this process descends from. */
struct outer_run {
	char *folder; /* of its traces, to be freed; NULL: there is no outer run */
	pid_t run;
};

struct outer_run outer_run(void);

/* Passes on the traces, under names that are free there and mark them as the outer run's, and the contents of the board. The files also
 * stay where they are; in the same folder, they are renamed. */
void outer_run_give(const struct outer_run *outer, const struct trace_dir *dir, const struct trace_files *files,
		    const struct board *board);

#endif
