/* The answer of the connect is looked at, and nothing is sent.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void say(int fd) { send(fd, "hello", 5, MSG_NOSIGNAL); }

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		for (int i = 0; i < 3; i++)
			say(fd);
	close(fd);
	close(refuses);
	return 0;
}
