/* A connect is refused, and nothing is sent.
 * Expect: silent
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
		if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
			for (int i = 0; i < times; i++)
				say(fd);
		close(fd);
	}
	close(refuses);
	return 0;
}
