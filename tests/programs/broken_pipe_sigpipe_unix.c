/* A child writes to a Unix stream whose peer is gone, and dies of it: no earlier call has shown that.
 * Expect: broken-pipe function=child
 * Expect: never-closed cause=in-use severity=warning function=child
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(void)
{
	int ends[2], other[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other));
	MUST(write(other[0], "x", 1));
	take(other[1], 1);
	close(other[0]);
	close(other[1]);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	close(ends[1]);
	MUST(write(ends[0], "x", 1));
	_exit(99);
}

int main(void)
{
	int status;
	pid_t pid = MUST(fork());

	if (pid == 0)
		child();
	MUST(waitpid(pid, &status, 0));
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	return 0;
}
