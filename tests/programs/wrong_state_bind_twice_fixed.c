/* Another port needs another socket.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = bound(&at);

	at.sin_port = 0;
	close(fd);
	fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(bind(fd, (struct sockaddr *)&at, sizeof at));
	close(fd);
	return 0;
}
