/* Sockets are close-on-exec, and a child takes that off one by one for the program that it becomes: handed on, by dup2, fcntl and ioctl.
 * Expect: silent
 * Sockets: 3
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/ioctl.h>

int main(void)
{
	struct sockaddr_in at;
	int fds[] = {listener(&at), bound(&at), bound(&at)};
	pid_t pid = MUST(fork());

	if (pid == 0) {
		MUST(dup2(fds[0], 20));
		MUST(fcntl(fds[1], F_SETFD, 0));
		MUST(ioctl(fds[2], FIONCLEX));
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	wait_for(pid);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	return 0;
}
