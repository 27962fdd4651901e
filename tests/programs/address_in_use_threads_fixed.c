/* Two threads bind datagram sockets to ports of their own.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static struct sockaddr_in at;

static void receiver(int first)
{
	socklen_t size = sizeof at;
	int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	at.sin_port = 0;
	if (bind(fd, (struct sockaddr *)&at, size) < 0 && first)
		perror("bind");
	close(fd);
}

int main(void)
{
	struct worker worker;

	at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	start(&worker, receiver, 1);
	join(&worker);
	start(&worker, receiver, 0);
	join(&worker);
	return 0;
}
