/* A vfork child closes the parent's sockets for itself and becomes another program; here they live on.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	char byte;

	connection(ends);
	for (int i = 0; i < 3; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			close(ends[0]);
			close(ends[1]);
			execl("/bin/true", "true", NULL);
			_exit(99);
		}
		wait_for(pid);
	}
	MUST(send(ends[0], "x", 1, 0));
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
