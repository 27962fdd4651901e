/* An event loop goes on polling a connection that it has closed. It is reported once, not at each turn.
 * Expect: use-after-close function=main
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
	for (int turn = 0; turn < 3; turn++)
		EXPECT(poll(fds, 2, -1) == 1 && fds[1].revents == POLLNVAL);
	close(ends[1]);
	return 0;
}
