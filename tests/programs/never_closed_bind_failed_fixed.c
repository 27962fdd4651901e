/* An address that is not here: the way out closes the socket.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int serve_at(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	if (bind(fd, (const struct sockaddr *)at, sizeof *at) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01020304)};

	EXPECT(serve_at(&at) == -1);
	return 0;
}
