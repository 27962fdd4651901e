/* The program learns that nobody reads its Unix stream any more, and writes all the same.
 * Expect: broken-pipe function=talk_on
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void talk(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		; /* the last one is the first to hear of it */
}

static void talk_on(int fd)
{
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1);
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1); /* still gone: told once */
}

int main(void)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	close(ends[1]);
	talk(ends[0]);
	talk_on(ends[0]);
	close(ends[0]);
	return 0;
}
