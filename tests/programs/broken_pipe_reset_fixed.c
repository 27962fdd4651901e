/* The peer resets the connection as it means to, and who meets ECONNRESET closes: a first notice is nobody's fault.
 * Expect: silent
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
	const struct linger reset = {.l_onoff = 1};
	struct worker worker;
	int ends[2];

	connection(ends);
	MUST(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
	close(ends[1]);
	start(&worker, answer, ends[0]);
	join(&worker);
	return 0;
}
