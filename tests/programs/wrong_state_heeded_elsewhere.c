/* A shutdown is heeded by a connect, the messages that follow are not: that one place asks first does not speak for another.
 * Expect: wrong-state severity=note function=hang_up
 * Expect: wrong-state severity=error function=say count=3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void hang_up(int fd) { shutdown(fd, SHUT_RDWR); }

static void say(int fd) { send(fd, "hello", 5, MSG_NOSIGNAL); }

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	hang_up(fd);
	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
	for (int i = 0; i < 3; i++)
		say(fd);
	close(fd);
	close(refuses);
	return 0;
}
