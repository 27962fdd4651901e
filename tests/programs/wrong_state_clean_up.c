/* One way out for all: shutdown and close, also of a connection that was refused.
 * Expect: wrong-state severity=note function=hang_up
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void hang_up(int fd)
{
	shutdown(fd, SHUT_RDWR);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
	hang_up(fd);
	close(refuses);
	return 0;
}
