/* A child looks after its connection, and closes it once the peer has.
 * Expect: silent
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void visit(const struct sockaddr_in *at)
{
	char byte;
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	EXPECT(recv(fd, &byte, 1, 0) == 0);
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pid_t pid = MUST(fork());

	if (pid == 0) {
		close(fd);
		visit(&at);
	}
	close(MUST(accept(fd, NULL, NULL)));
	close(fd);
	wait_for(pid);
	return 0;
}
