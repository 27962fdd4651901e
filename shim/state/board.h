/* The shim's side of what the processes of a run share. It touches no errno, and the host is not harmed by a board that is missing,
 * another's or cut short.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STATE_BOARD_H
#define SHIM_STATE_BOARD_H

#include "shim/model/board.h"

#include <stdbool.h>

void board_open(void);		   /* where options say that there is one; counts this program */
struct board *board_at_hand(void); /* the same, to be added to at once: it is looked at whether it still is there */

/* Another program is about to be let in: into this process, by exec, or (`spawned`) into a child. What it gives is for board_unlet(), when
 * that fails. Safe in a vfork child and in signal handlers. */
int board_let(const char *program, bool spawned);
void board_unlet(int);

#endif
