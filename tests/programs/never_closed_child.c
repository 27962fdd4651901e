/* A forked child leaves by _exit with a socket of its own open.
 * Expect: never-closed cause=untouched severity=error function=child
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pid_t pid = MUST(fork());

	if (pid == 0)
		child(&at);
	wait_for(pid);
	close(fd);
	return 0;
}
