/* A child made by the bare system call: it closes its parent's sockets for itself, and makes one of its own.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/syscall.h>

int main(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	connection(ends);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(ends[0]);
		close(ends[1]);
		close(MUST(socket(AF_INET, SOCK_STREAM, 0)));
		_exit(0);
	}
	wait_for(pid);
	MUST(send(ends[0], "x", 1, 0));
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
