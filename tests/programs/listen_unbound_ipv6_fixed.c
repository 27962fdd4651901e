/* A server for IPv6 binds before it listens.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(bind(fd, (struct sockaddr *)&at, sizeof at));
	MUST(listen(fd, 16));
	close(fd);
	return 0;
}
