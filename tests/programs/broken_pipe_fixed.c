/* The program stops at the first write that says that nobody reads its TCP connection any more.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void talk(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
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
