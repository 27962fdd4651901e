/* A parent ends its worker by SIGKILL and waits for it, and forgets the socket that both had: the worker took it nowhere.
 * Expect: never-closed cause=never-used severity=error function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int forgotten = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), status;
	pid_t worker = MUST(fork());

	if (!worker)
		for (;;)
			pause();
	MUST(kill(worker, SIGKILL));
	MUST(waitpid(worker, &status, 0));
	EXPECT(WIFSIGNALED(status));
	(void)forgotten;
	return 0;
}
