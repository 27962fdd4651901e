/* A refused connect, and the early return forgets the socket.
 * Expect: never-closed cause=connect-failed function=fetch
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int fetch(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (connect(fd, (const struct sockaddr *)at, sizeof *at) < 0) {
		return -1;
	}
	close(fd);
	return 0;
}

int main(void)
{
	struct sockaddr_in at;
	int nobody_listens = bound(&at);

	EXPECT(fetch(&at) == -1);
	close(nobody_listens);
	return 0;
}
