/* The program heeds POLLHUP. Where it only had POLLIN of its own shutdown, its write is the first to hear of the peer.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

static void push(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLOUT};

	EXPECT(poll(&at, 1, -1) == 1);
	if (!(at.revents & POLLHUP))
		MUST(send(fd, "x", 1, MSG_NOSIGNAL));
}

int main(void)
{
	struct pollfd at = {.events = POLLIN | POLLRDHUP};
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	close(ends[1]);
	push(ends[0]);
	close(ends[0]);

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	MUST(shutdown(ends[0], SHUT_RD));
	at.fd = ends[0];
	EXPECT(poll(&at, 1, 0) == 1 && at.revents & POLLRDHUP);
	close(ends[1]);
	EXPECT(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	close(ends[0]);
	return 0;
}
