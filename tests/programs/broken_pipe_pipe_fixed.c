/* The filter that a program feeds has ended: the program stops at the first write that says so, whichever pipe it is.
 * Expect: silent
 * Options: --kinds=all
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void feed(int fd)
{
	for (int i = 0; i < 3; i++)
		if (write(fd, "line\n", 5) < 0)
			return;
}

int main(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		MUST(pipe2(ends, O_CLOEXEC));
		close(ends[0]);
		feed(ends[1]);
		close(ends[1]);
	}
	return 0;
}
