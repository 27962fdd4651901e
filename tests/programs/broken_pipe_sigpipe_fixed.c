/* A child stops writing once its peer is gone.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(const struct sockaddr_in *at)
{
	char byte;
	int fd = client(at);

	EXPECT(recv(fd, &byte, 1, 0) == 0);
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pid_t pid = MUST(fork());

	if (pid == 0)
		child(&at);
	close(MUST(accept(fd, NULL, NULL)));
	wait_for(pid);
	close(fd);
	return 0;
}
