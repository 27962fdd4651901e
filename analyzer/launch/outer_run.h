/* A run within a run: what the inner one has seen is the outer one's to know too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OUTER_RUN_H
#define SOCKSAN_ANALYZER_OUTER_RUN_H

#include "analyzer/launch/trace_dir.h"
#include "shim/model/board.h"

/* The `socksan run` that this process descends from. */
struct outer_run {
	char *folder; /* of its traces, to be freed; NULL: there is none */
	pid_t run;
};

struct outer_run outer_run(void);

/* Gives it the traces, under names that are free there and tell that they are its own, and what the board says. The files stay where they
 * are, too; in the same folder they get such names. */
void outer_run_give(const struct outer_run *outer, const struct trace_dir *dir, const struct trace_files *files,
		    const struct board *board);

#endif
