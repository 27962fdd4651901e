/* The peer resets the connection, the answer meets ECONNRESET in another thread, and that says goodbye into the void.
 * Expect: broken-pipe function=say_goodbye
 * Expect: unread-data function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void say_goodbye(int fd) { EXPECT(send(fd, "bye", 3, MSG_NOSIGNAL) == -1 && errno == EPIPE); }

static void answer(int fd)
{
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
	say_goodbye(fd);
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
