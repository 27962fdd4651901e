/* A daemon that was started with sockets looks for them: it asks about each number, among which is one that it closed itself.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int count_sockets(void)
{
	int n = 0;

	for (int fd = 3; fd < 64; fd++) {
		socklen_t size = sizeof(int);
		int type;

		n += getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
	}
	return n;
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), closed = MUST(socket(AF_INET, SOCK_STREAM, 0));

	close(closed);
	EXPECT(count_sockets() >= 1);
	close(fd);
	return 0;
}
