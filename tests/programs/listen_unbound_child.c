/* A child does not look whether bind worked, and listens.
 * Expect: listen-unbound function=serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(void)
{
	/* An address for documentation: no machine has it. */
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	EXPECT(bind(fd, (struct sockaddr *)&at, sizeof at) == -1);
	MUST(listen(fd, 16));
	close(fd);
	_exit(0);
}

int main(void)
{
	pid_t pid = MUST(fork());

	if (pid == 0)
		serve();
	wait_for(pid);
	return 0;
}
