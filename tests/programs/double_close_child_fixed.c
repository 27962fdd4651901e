/* A forked child closes the connection it was left once.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(int fd)
{
	MUST(send(fd, "x", 1, 0));
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
