/* One UDP socket is connected to one peer after the other.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ports.h"

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd;

	ask_for_few_ports();
	fd = narrow(MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
	for (int i = 0; i <= PORTS; i++) {
		at.sin_port = htons((uint16_t)(9 + i));
		MUST(connect(fd, (struct sockaddr *)&at, sizeof at));
	}
	close(fd);
	return 0;
}
