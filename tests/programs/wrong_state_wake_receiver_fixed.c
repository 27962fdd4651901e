/* The corrected twin of wrong_state_wake_receiver: a socket that is connected, if only to itself, can be shut down.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void receive(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 0);
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	socklen_t size = sizeof at;
	struct worker worker;

	MUST(bind(fd, (const struct sockaddr *)&at, size));
	MUST(getsockname(fd, (struct sockaddr *)&at, &size));
	MUST(connect(fd, (const struct sockaddr *)&at, size));
	start(&worker, receive, fd);
	until_inside(&worker, SYS_recvfrom);
	MUST(shutdown(fd, SHUT_RDWR));
	join(&worker);
	close(fd);
	return 0;
}
