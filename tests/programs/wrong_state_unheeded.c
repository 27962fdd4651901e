/* A connect is refused, and nobody looks: two messages go nowhere, as if they had been sent. That the other socket was closed at once
 * makes it no better.
 * Expect: wrong-state severity=error function=say count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say(int fd) { send(fd, "hello", 5, MSG_NOSIGNAL); }

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at);

	for (int times = 1; times <= 2; times++) {
		int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
		EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
		for (int i = 0; i < times; i++)
			say(fd);
		close(fd);
	}
	close(refuses);
	return 0;
}
