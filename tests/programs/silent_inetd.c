/* As inetd does it: a program finds its connection at 0 and 1, uses it and leaves it open.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(int argc, char **argv)
{
	int ends[2];
	char byte = 0;
	pid_t pid;

	if (argc == 2) {
		EXPECT(recv(0, &byte, 1, 0) == 1);
		EXPECT(send(1, &byte, 1, 0) == 1);
		return 0;
	}
	connection(ends);
	pid = MUST(fork());
	if (pid == 0) {
		MUST(dup2(ends[1], 0));
		MUST(dup2(ends[1], 1));
		execl("/proc/self/exe", argv[0], "serve", NULL);
		_exit(99);
	}
	close(ends[1]);
	MUST(send(ends[0], "x", 1, 0));
	EXPECT(recv(ends[0], &byte, 1, 0) == 1 && byte == 'x');
	wait_for(pid);
	close(ends[0]);
	return 0;
}
