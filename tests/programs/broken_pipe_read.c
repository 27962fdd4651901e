/* A server reads that its client has reset the connection, in one function, and answers in another.
 * Expect: broken-pipe function=answer
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void ask(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
}

static void answer(int fd) { EXPECT(send(fd, "sorry", 5, MSG_NOSIGNAL) == -1 && errno == EPIPE); }

int main(void)
{
	const struct linger reset = {.l_onoff = 1};
	int ends[2];

	connection(ends);
	MUST(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
	close(ends[0]);
	ask(ends[1]);
	answer(ends[1]);
	close(ends[1]);
	return 0;
}
