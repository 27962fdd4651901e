/* A socket that has its port is bound again.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in at;
	int fd = bound(&at);

	at.sin_port = 0;
	EXPECT(bind(fd, (struct sockaddr *)&at, sizeof at) == -1);
	close(fd);
	return 0;
}
