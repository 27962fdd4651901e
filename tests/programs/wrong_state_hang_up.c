/* An exit handler shuts down what was never connected, and leaves it: what is wrong is that nobody closes it.
 * Expect: wrong-state severity=note function=hang_up
 * Expect: never-closed cause=connect-failed severity=error function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int fd;

static void hang_up(void) { shutdown(fd, SHUT_RDWR); }

int main(void)
{
	struct sockaddr_in at;
	int refuses = bound(&at);

	atexit(hang_up);
	fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) == -1);
	close(refuses);
	return 0;
}
