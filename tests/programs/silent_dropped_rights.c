/* A daemon locks itself in an empty folder, gives up root, and forks: its child must be able to run on, and so it must be
 * without a trace if need be. Without root, it only forks.
 * Expect: silent
 * Incomplete as root: mute
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	char folder[] = "/tmp/socksan-XXXXXX", byte;
	int ends[2];
	pid_t pid;

	connection(ends);
	if (geteuid() == 0) {
		EXPECT(mkdtemp(folder) != NULL);
		MUST(chdir(folder));
		MUST(rmdir(folder));
		MUST(chroot("."));
		MUST(setgid(65534));
		MUST(setuid(65534));
	}
	pid = MUST(fork());
	if (pid == 0) {
		MUST(send(ends[0], "x", 1, 0));
		close(ends[0]);
		close(ends[1]);
		_exit(0);
	}
	wait_for(pid);
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
