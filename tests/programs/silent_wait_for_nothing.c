/* Waits for numbers that are none, and never were sockets: what poll says of them is between it and its caller. Nor for one that
 * was a socket, and is a file now.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

int main(void)
{
	int ends[2], socket_before, file;

	MUST(pipe(ends));
	struct pollfd fds[] = {{.fd = ends[0], .events = POLLIN}, {.fd = 999, .events = POLLIN}, {.fd = -1}};
	close(ends[0]);
	close(ends[1]);
	EXPECT(poll(fds, 3, -1) == 2);
	EXPECT(fds[0].revents == POLLNVAL && fds[1].revents == POLLNVAL && fds[2].revents == 0);

	socket_before = MUST(socket(AF_INET, SOCK_STREAM, 0));
	close(socket_before);
	file = MUST(open("/dev/null", O_RDONLY));
	EXPECT(file == socket_before);
	fds[0].fd = file;
	EXPECT(poll(fds, 1, -1) == 1 && fds[0].revents == POLLIN);
	close(file);
	return 0;
}
