/* Connect first, then send: nobody dies.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
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
	EXPECT(WIFEXITED(status));
	close(fd);
	return 0;
}
