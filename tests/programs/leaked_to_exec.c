/* A server runs a command, and its listener goes along.
 * Expect: leaked-to-exec function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
	pid_t pid = MUST(fork());

	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	wait_for(pid);
	close(fd);
	return 0;
}
