/* The filter that a program feeds has ended: a write says so, and the program writes on.
 * Expect: broken-pipe function=feed
 * Options: --kinds=all
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void feed(int fd)
{
	for (int i = 0; i < 3; i++)
		EXPECT(write(fd, "line\n", 5) == -1 && errno == EPIPE); /* told once */
}

int main(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	MUST(pipe2(ends, O_CLOEXEC));
	close(ends[0]);
	feed(ends[1]);
	close(ends[1]);
	return 0;
}
