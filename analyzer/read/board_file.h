/* The board that lies beside the traces in a folder, see shim/model/board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BOARD_FILE_H
#define SOCKSAN_ANALYZER_BOARD_FILE_H

#include "shim/model/board.h"

#define BOARD_NAME "socksan.board"

/* What is written on a board that others may be writing to. */
struct board board_copy(const struct board *shared);

/* How many programs were let in by processes that were observed, and never entered. */
uint64_t board_unobserved(const struct board *board);

/* The board in a folder as it is. 0, or -1 when there is none. */
int board_of_folder(const char *folder, struct board *board) __attribute__((warn_unused_result));

#endif
