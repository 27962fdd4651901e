/* The same, and the parent closes the socket.
 * Expect: silent
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
	close(forgotten);
	return 0;
}
