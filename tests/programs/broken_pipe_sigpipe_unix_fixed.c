/* A child that has a Unix stream whose peer is gone dies of a write to a pipe: that is no socket's.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(int fd)
{
	int ends[2];
	char byte;

	take(fd, 1);
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	EXPECT(read(fd, &byte, 1) == 0);
	MUST(pipe2(ends, O_CLOEXEC));
	close(ends[0]);
	MUST(write(ends[1], "x", 1));
	_exit(99);
}

int main(void)
{
	int ends[2], status;
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	MUST(send(ends[1], "x", 1, 0));
	close(ends[1]);
	pid = MUST(fork());
	if (pid == 0)
		child(ends[0]);
	MUST(waitpid(pid, &status, 0));
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(ends[0]);
	return 0;
}
