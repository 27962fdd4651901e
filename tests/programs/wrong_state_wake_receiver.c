/* A thread that receives datagrams is told to leave as one that reads a stream: by a shutdown. Linux says ENOTCONN, and wakes it.
 * Expect: wrong-state severity=note function=stop
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void receive(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 0);
}

static void stop(int fd) { EXPECT(shutdown(fd, SHUT_RDWR) == -1 && errno == ENOTCONN); }

int main(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	struct worker worker;

	MUST(bind(fd, (const struct sockaddr *)&at, sizeof at));
	start(&worker, receive, fd);
	until_inside(&worker, SYS_recvfrom);
	stop(fd);
	join(&worker);
	close(fd);
	return 0;
}
