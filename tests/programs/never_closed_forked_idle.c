/* A parent binds UDP sockets, and nobody uses them: not the child that ends with one, nor the one that closes the other.
 * Expect: never-closed cause=never-used function=main count=2
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int datagram(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	MUST(bind(fd, (const struct sockaddr *)&at, sizeof at));
	return fd;
}

int main(void)
{
	for (int closes = 0; closes < 2; closes++) {
		int fd = datagram();
		pid_t child = MUST(fork());
		if (child == 0) {
			if (closes)
				close(fd);
			_exit(0);
		}
		wait_for(child);
	}
	return 0;
}
