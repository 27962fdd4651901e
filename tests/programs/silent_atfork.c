/* A handler of pthread_atfork closes the parent's sockets in the child, before fork returns there.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int ends[2];

static void in_child(void)
{
	close(ends[0]);
	close(ends[1]);
	ends[0] = MUST(socket(AF_INET, SOCK_STREAM, 0));
}

int main(void)
{
	pid_t pid;

	connection(ends);
	EXPECT(pthread_atfork(NULL, NULL, in_child) == 0);
	pid = MUST(fork());
	if (pid == 0) {
		close(ends[0]);
		_exit(0);
	}
	wait_for(pid);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
