/* The same exit handler closes it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int fd;

static void hang_up(void) { close(fd); }

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
