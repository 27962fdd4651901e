/* A thread reads all of the request before it closes: there is no reset.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void answer(int fd)
{
	MUST(send(fd, "x", 1, MSG_NOSIGNAL));
	close(fd);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	take(ends[1], 7);
	start(&worker, answer, ends[0]);
	join(&worker);
	take(ends[1], 1);
	close(ends[1]);
	return 0;
}
