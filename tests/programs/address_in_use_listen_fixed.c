/* A child looks whether bind worked before it listens.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(bind(fd, (const struct sockaddr *)at, sizeof *at));
	MUST(listen(fd, 16));
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pid_t pid;

	close(fd); /* now it is free */
	pid = MUST(fork());
	if (pid == 0)
		serve(&at);
	wait_for(pid);
	return 0;
}
