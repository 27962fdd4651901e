/* The corrected twin of use_after_close_poll: the entry is left out by a negative number.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

int main(void)
{
	int ends[2];

	connection(ends);
	struct pollfd fds[] = {{.fd = -1, .events = POLLIN}, {.fd = ends[0], .events = POLLIN}};
	close(ends[0]);
	fds[1].fd = -1;
	for (int turn = 0; turn < 3; turn++)
		EXPECT(poll(fds, 2, 0) == 0);
	close(ends[1]);
	return 0;
}
