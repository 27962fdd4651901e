/* A forked child closes the connection it was left twice; the parent's own close is no part of it.
 * Expect: double-close function=child
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(int fd)
{
	MUST(send(fd, "x", 1, 0));
	close(fd);
	close(fd);
	_exit(0);
}

int main(void)
{
	int ends[2];
	pid_t pid;

	connection(ends);
	pid = MUST(fork());
	if (pid == 0)
		child(ends[0]);
	close(ends[0]);
	wait_for(pid);
	close(ends[1]);
	return 0;
}
