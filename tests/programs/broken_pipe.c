/* The program writes to its TCP connection until it learns that nobody reads.
 * Expect: broken-pipe function=talk
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void talk(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1); /* still gone: told once */
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
