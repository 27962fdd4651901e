/* A socket that could not be made is never used.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int call_home(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_UDP); /* no such pair: fails */
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (fd < 0)
		return -1;
	return connect(fd, (struct sockaddr *)&at, sizeof at);
}

int main(void)
{
	EXPECT(call_home() == -1);
	return 0;
}
