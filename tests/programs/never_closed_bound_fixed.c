/* A port is reserved by bind, and released.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = bound(&at);

	printf("reserved a port: %s\n", at.sin_port && fd >= 0 ? "yes" : "no");
	close(fd);
	return 0;
}
