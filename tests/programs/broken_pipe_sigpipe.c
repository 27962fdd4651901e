/* A child saw its peer go, writes all the same, and dies of it: the write is on record before.
 * Expect: broken-pipe function=child
 * Expect: never-closed cause=peer-closed severity=warning function=child
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(const struct sockaddr_in *at)
{
	char byte;
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	EXPECT(recv(fd, &byte, 1, 0) == 0);
	for (;;)
		MUST((int)send(fd, "x", 1, 0));
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), status;
	pid_t pid = MUST(fork());

	if (pid == 0)
		child(&at);
	close(MUST(accept(fd, NULL, NULL)));
	MUST(waitpid(pid, &status, 0));
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(fd);
	return 0;
}
