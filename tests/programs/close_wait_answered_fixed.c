/* The corrected twin of close_wait_answered: the server closes once it has answered.
 * Expect: silent
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void serve(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 0);
	EXPECT(send(fd, "answer", 6, MSG_NOSIGNAL) == 6);
	close(fd);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	MUST(shutdown(ends[0], SHUT_WR));
	start(&worker, serve, ends[1]);
	take(ends[0], 6);
	close(ends[0]);
	join(&worker);
	return 0;
}
