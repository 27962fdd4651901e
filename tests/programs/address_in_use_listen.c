/* A child listens though its address is taken: that it is not bound follows, and is not reported again.
 * Expect: address-in-use function=serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	EXPECT(bind(fd, (const struct sockaddr *)at, sizeof *at) == -1);
	MUST(listen(fd, 16));
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pid_t pid;

	pid = MUST(fork());
	if (pid == 0)
		serve(&at);
	wait_for(pid);
	close(fd);
	return 0;
}
