/* A connection that was refused is closed, and nothing else.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void hang_up(int fd, int connected)
{
	if (connected)
		shutdown(fd, SHUT_RDWR);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at), fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	hang_up(fd, connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
	close(refuses);
	return 0;
}
