/* A socket made before the argument is looked at, and closed on that path too.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int ask(const char *host)
{
	int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};

	if (inet_pton(AF_INET, host, &at.sin_addr) != 1) {
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

int main(void)
{
	EXPECT(ask("no address") == -1);
	return 0;
}
