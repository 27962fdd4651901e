/* A server for IPv6 listens without bind: nobody knows where.
 * Expect: listen-unbound function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int fd = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(listen(fd, 16));
	close(fd);
	return 0;
}
