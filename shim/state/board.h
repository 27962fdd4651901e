/* The shim's side of the board, which the processes of a run share. Leaves errno alone. A board that is missing, foreign or truncated does
 * the host no harm.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STATE_BOARD_H
#define SHIM_STATE_BOARD_H

#include "shim/model/board.h"

#include <stdbool.h>

void board_open(void);		   /* Opens the board that the options name, and counts this program. */
struct board *board_at_hand(void); /* The same, for immediate counting: checks first that the file is still there. */

void board_child(void); /* Call before a process is made. Safe in a vfork child and in signal handlers. */

/* Call before another program starts: in this process, by exec, or (`spawned`) in a child. If that fails, pass the result to board_unlet().
 * Safe in a vfork child and in signal handlers. */
int board_let(const char *program, bool spawned);
void board_unlet(int);

#endif
