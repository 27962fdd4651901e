/* A child dies of the signal that a send on an unconnected socket raises: the misuse is on record before.
 * The dead child could not close: a warning beside it.
 * Expect: wrong-state function=child
 * Expect: never-closed cause=never-used severity=warning function=child
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	send(fd, "x", 1, 0);
	close(fd);
	_exit(at->sin_family == AF_INET ? 0 : 1);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), status;
	pid_t pid = MUST(fork());

	if (pid == 0)
		child(&at);
	MUST(waitpid(pid, &status, 0));
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(fd);
	return 0;
}
