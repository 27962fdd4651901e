/* The board of a run, see shim/model/board.h: created next to the traces, read at the end, and added to that of an outer run.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_RUN_BOARD_H
#define SOCKSAN_ANALYZER_RUN_BOARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "analyzer/read/board_file.h"

struct run_board {
	char *path;
	struct board *shared; /* NULL: none */
	struct board before;  /* what earlier runs with traces in the same folder had written */
	bool made;	      /* by this run */
};

/* Creates the board in a folder, or opens the one that an earlier run left there. Returns 0, or -1 with errno. */
int run_board_open(struct run_board *board, const char *folder) __attribute__((warn_unused_result));

/* What this run's processes have written so far. */
struct board run_board_read(const struct run_board *board);

/* Adds that to the board in another folder, as from another run. Returns 0, or -1 with errno. */
int board_add(const char *folder, pid_t run, const struct board *more) __attribute__((warn_unused_result));

#endif
