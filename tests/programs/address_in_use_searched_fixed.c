/* The corrected twin of address_in_use_searched: the kernel chooses a free port, and each family has a socket of its own.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	int fd = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)), yes = 1,
	    other = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	socklen_t size = sizeof six;

	MUST(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes));
	MUST(bind(fd, (struct sockaddr *)&six, size));
	MUST(getsockname(fd, (struct sockaddr *)&six, &size));
	four.sin_port = six.sin6_port;
	MUST(bind(other, (struct sockaddr *)&four, sizeof four));
	close(other);
	close(fd);
	return 0;
}
