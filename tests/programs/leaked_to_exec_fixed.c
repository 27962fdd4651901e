/* The listener is made with close-on-exec: the command does not get it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	pid_t pid = MUST(fork());

	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	wait_for(pid);
	close(fd);
	return 0;
}
