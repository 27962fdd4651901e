/* The same, and close-on-exec stays on.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/ioctl.h>

int main(void)
{
	int fds[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	MUST(fcntl(fds[0], F_SETFD, FD_CLOEXEC));
	MUST(ioctl(fds[1], FIOCLEX));
	pid_t pid = MUST(fork());
	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	wait_for(pid);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
