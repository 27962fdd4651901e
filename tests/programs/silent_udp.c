/* Datagrams need no connection: sendto unconnected, connect twice, disconnect, and a reply to nobody.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	socklen_t size = sizeof at;
	char byte;
	int server = MUST(socket(AF_INET, SOCK_DGRAM, 0)), fd = MUST(socket(AF_INET, SOCK_DGRAM, 0));

	MUST(bind(server, (struct sockaddr *)&at, size));
	MUST(getsockname(server, (struct sockaddr *)&at, &size));
	MUST(sendto(fd, "a", 1, 0, (struct sockaddr *)&at, size));
	EXPECT(recvfrom(server, &byte, 1, 0, NULL, NULL) == 1);
	MUST(connect(fd, (struct sockaddr *)&at, size));
	MUST(connect(fd, (struct sockaddr *)&at, size));
	MUST(send(fd, "b", 1, 0));
	EXPECT(recv(server, &byte, 1, 0) == 1);
	MUST(connect(fd, &nowhere, sizeof nowhere));
	MUST(sendto(fd, "c", 1, 0, (struct sockaddr *)&at, size));
	close(fd);
	close(server);
	return 0;
}
