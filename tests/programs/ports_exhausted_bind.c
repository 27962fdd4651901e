/* Each of many UDP sockets is bound to a port of the kernel's choice, until none is left.
 * Expect: ports-exhausted function=anywhere
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static int anywhere(int *fd)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	*fd = narrow(MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
	return bind(*fd, (const struct sockaddr *)&any, sizeof any) ? errno : 0;
}

int main(void)
{
	int fds[PORTS + 1], n = 0, error = 0;

	ask_for_few_ports();
	while (n <= PORTS && !error)
		error = anywhere(&fds[n++]);
	EXPECT(error == EADDRINUSE);
	while (n > 0)
		close(fds[--n]);
	return 0;
}
