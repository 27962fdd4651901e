/* A datagram socket is made for each question, and left.
 * Expect: never-closed cause=in-use function=ask count=2
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void ask(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0));

	MUST(sendto(fd, "x", 1, 0, (const struct sockaddr *)at, sizeof *at));
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int server = MUST(socket(AF_INET, SOCK_DGRAM, 0));

	MUST(bind(server, (struct sockaddr *)&at, size));
	MUST(getsockname(server, (struct sockaddr *)&at, &size));
	for (int i = 0; i < 2; i++)
		ask(&at);
	close(server);
	return 0;
}
