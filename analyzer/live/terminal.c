/* The terminal's capabilities: see terminal.h. In a file of its own, since term.h defines words such as `lines` and `columns`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/terminal.h"

#include <stdlib.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

bool terminal_has_screen(void)
{
	const char *term = getenv("TERM");
	int error;
	if (!term || !*term || setupterm(term, STDOUT_FILENO, &error) != OK)
		return false;
	bool moves = cursor_address != NULL;
	del_curterm(cur_term);
	return moves;
}
