/* A child is killed while its socket is open: a warning, as it had no chance to close.
 * Expect: never-closed cause=in-use severity=warning function=child
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void child(const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	raise(SIGKILL);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), status;
	pid_t pid = MUST(fork());

	if (pid == 0)
		child(&at);
	MUST(waitpid(pid, &status, 0));
	EXPECT(WIFSIGNALED(status));
	close(fd);
	return 0;
}
