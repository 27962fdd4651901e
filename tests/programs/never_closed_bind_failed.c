/* The port is taken, and the way out forgets the socket.
 * Expect: never-closed cause=bind-failed severity=error function=serve_at count=2
 * Expect: address-in-use function=serve_at count=2
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int serve_at(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (bind(fd, (const struct sockaddr *)at, sizeof *at) < 0)
		return -1;
	return fd;
}

int main(void)
{
	struct sockaddr_in at;
	int taken = listener(&at);

	for (int i = 0; i < 2; i++)
		EXPECT(serve_at(&at) == -1);
	close(taken);
	return 0;
}
