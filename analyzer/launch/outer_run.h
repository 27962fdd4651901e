/* A run within a run: what the inner one has seen is the outer one's to know too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OUTER_RUN_H
#define SOCKSAN_ANALYZER_OUTER_RUN_H

#include "analyzer/launch/trace_dir.h"
#include "shim/model/board.h"

/* The folder of the traces of the `socksan run` that this process descends from, to be freed; NULL: there is none. */
char *outer_run_folder(void);

/* Gives it the traces, under names that are free there, and what the board says. The files stay where they are, too. */
void outer_run_give(const char *folder, const struct trace_dir *dir, const struct trace_files *files,
		    const struct board *board);

#endif
