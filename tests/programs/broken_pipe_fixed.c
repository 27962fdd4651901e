/* The program looks whether the peer has closed before it writes to its TCP connection.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void talk(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) != 0)
		MUST(send(fd, "x", 1, MSG_NOSIGNAL));
}

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[1]);
	talk(ends[0]);
	close(ends[0]);
	return 0;
}
