/* A server shuts down writing, and closes at once: the rest of the request is unread.
 * Expect: unread-data severity=warning function=hang_up
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void hang_up(int fd)
{
	MUST(shutdown(fd, SHUT_WR));
	take(fd, 1);
	close(fd);
}

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	take(ends[1], 1);
	MUST(send(ends[1], "no", 2, 0));
	hang_up(ends[1]);
	close(ends[0]);
	return 0;
}
