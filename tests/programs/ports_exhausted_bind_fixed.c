/* The program closes each UDP socket before it binds the next.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

static int anywhere(void)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = narrow(MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));

	MUST(bind(fd, (const struct sockaddr *)&any, sizeof any));
	return fd;
}

int main(void)
{
	ask_for_few_ports();
	for (int i = 0; i <= PORTS; i++)
		close(anywhere());
	return 0;
}
