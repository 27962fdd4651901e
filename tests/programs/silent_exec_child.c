/* A child becomes /bin/true; the close-on-exec sockets of the parent are closed there and live on here.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	pid_t pid;

	connection(ends);
	pid = MUST(fork());
	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	wait_for(pid);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
