/* The same closes it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int serve_at(struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	EXPECT(bind(fd, (const struct sockaddr *)at, sizeof *at) == -1);
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(bind(fd, (const struct sockaddr *)at, sizeof *at));
	return fd;
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01020304)};

	close(serve_at(&at));
	return 0;
}
