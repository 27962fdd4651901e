/* A worker that never used the connection is killed while it has it.
 * Expect: held-by-child function=main
 * Options: --limit=held-by-child=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2], status;

	connection(ends);
	pid_t worker = MUST(fork());
	if (worker == 0) {
		close(ends[1]);
		for (;;)
			pause();
	}
	close(ends[0]);
	usleep(200000);
	MUST(kill(worker, SIGKILL));
	EXPECT(waitpid(worker, &status, 0) == worker && WIFSIGNALED(status));
	close(ends[1]);
	return 0;
}
