/* The same; a socket whose connect failed is closed before the next try.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int dial(const struct sockaddr_in *at)
{
	for (int i = 0; i < 3; i++) {
		int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

		if (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0)
			return fd;
		perror("connect");
		close(fd);
	}
	return -1;
}

int main(void)
{
	struct sockaddr_in at;
	int nobody_listens = bound(&at);

	EXPECT(dial(&at) == -1);
	close(nobody_listens);
	return 0;
}
