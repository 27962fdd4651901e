/* A forked child shuts down the connection that its parent goes on to use.
 * Expect: close-in-use function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	pid_t child = MUST(fork());
	if (child == 0) {
		MUST(shutdown(ends[0], SHUT_RDWR));
		close(ends[0]);
		_exit(0);
	}
	wait_for(child);
	send(ends[0], "x", 1, MSG_NOSIGNAL);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
