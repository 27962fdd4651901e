/* The listener is taken for the connection, and read again and again.
 * Expect: wrong-state severity=error function=serve count=2
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd)
{
	char byte;

	for (int i = 0; i < 2; i++)
		EXPECT(recv(fd, &byte, 1, MSG_DONTWAIT) == -1);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;

	serve(listener(&at));
	return 0;
}
