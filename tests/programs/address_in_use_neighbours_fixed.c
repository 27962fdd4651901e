/* The corrected twin of address_in_use_neighbours: each server binds once its port is free.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int serve(struct sockaddr_in at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(bind(fd, (struct sockaddr *)&at, sizeof at));
	MUST(listen(fd, 16));
	return fd;
}

int main(void)
{
	struct sockaddr_in at;

	close(bound(&at));
	close(serve(at));
	close(serve(at));
	return 0;
}
