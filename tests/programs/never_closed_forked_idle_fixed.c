/* The parent closes the UDP sockets that nobody used.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (int closes = 0; closes < 2; closes++) {
		int fd = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
		MUST(bind(fd, (const struct sockaddr *)&at, sizeof at));
		pid_t child = MUST(fork());
		if (child == 0) {
			if (closes)
				close(fd);
			_exit(0);
		}
		wait_for(child);
		close(fd);
	}
	return 0;
}
