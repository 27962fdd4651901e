/* The peer resets the connection, and the answer meets ECONNRESET in another thread.
 * Expect: broken-pipe function=answer
 * Expect: unread-data function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void answer(int fd)
{
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
	close(fd);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	close(ends[1]);
	start(&worker, answer, ends[0]);
	join(&worker);
	return 0;
}
