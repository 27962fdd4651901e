/* A connection is made ahead of its use, which never comes, and closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int dial(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	return fd;
}

int main(void)
{
	struct sockaddr_in at;
	int server = listener(&at);

	for (int i = 0; i < 2; i++)
		close(dial(&at));
	close(server);
	return 0;
}
