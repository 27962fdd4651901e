/* A child speaks before it becomes too quiet.
 * Expect: silent
 * Options: --limit=idle=1200ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void visit(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	MUST(send(fd, "x", 1, 0));
	MUST(send(fd, "y", 1, 0));
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), peer;
	pid_t pid = MUST(fork());

	if (pid == 0)
		visit(&at);
	peer = MUST(accept(fd, NULL, NULL));
	take(peer, 2);
	wait_for(pid);
	close(peer);
	close(fd);
	return 0;
}
