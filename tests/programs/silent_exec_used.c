/* A program is given a socket on purpose: it is told the number, and reads from it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	char command[64];
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	EXPECT(ends[0] < 10); /* the shell knows one digit */
	EXPECT(write(ends[1], "line\n", 5) == 5);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	pid_t child = MUST(fork());
	if (child == 0) {
		sprintf(command, "read line <&%d && test \"$line\" = line", ends[0]);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(99);
	}
	wait_for(child);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
