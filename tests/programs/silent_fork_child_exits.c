/* Two children leave with the sockets of their parent, one by exit and one by _exit; the parent closes them.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	for (int i = 0; i < 2; i++) {
		pid_t pid = MUST(fork());

		if (pid == 0 && i)
			_exit(0);
		if (pid == 0)
			exit(0);
		wait_for(pid);
	}
	close(ends[0]);
	close(ends[1]);
	return 0;
}
