/* A child has a connection that its parent accepted. The client goes, the child hears it by a write, and writes again.
 * Expect: broken-pipe function=write_again
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void write_again(int fd) { EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1); }

static void serve(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	write_again(fd);
	close(fd);
	_exit(0);
}

int main(void)
{
	int ends[2];
	pid_t pid;

	connection(ends);
	pid = MUST(fork());
	if (pid == 0) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	close(ends[0]);
	wait_for(pid);
	return 0;
}
