/* The board that lies beside the traces in a folder, see shim/model/board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BOARD_FILE_H
#define SOCKSAN_ANALYZER_BOARD_FILE_H

#include "shim/model/board.h"

#define BOARD_NAME "socksan.board"

/* Reads what is written on a board while others may be writing to it. */
struct board board_copy(const struct board *shared);

/* The number of programs that observed processes started but the shim did not enter. */
uint64_t board_unobserved(const struct board *board);

/* Reads the board in a folder as it is now. Returns 0, or -1 if there is none. */
int board_of_folder(const char *folder, struct board *board) __attribute__((warn_unused_result));

#endif
