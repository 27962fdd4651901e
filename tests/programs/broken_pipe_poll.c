/* poll reports a peer that has hung up; the program looks for POLLOUT alone, and writes.
 * Expect: broken-pipe function=push
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

static void push(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLOUT};

	EXPECT(poll(&at, 1, -1) == 1 && at.revents & POLLHUP);
	if (at.revents & POLLOUT)
		EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

int main(void)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	close(ends[1]);
	push(ends[0]);
	close(ends[0]);
	return 0;
}
