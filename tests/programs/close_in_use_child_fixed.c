/* The child closes its own descriptor of the connection.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	pid_t child = MUST(fork());
	if (child == 0) {
		close(ends[0]);
		_exit(0);
	}
	wait_for(child);
	send(ends[0], "x", 1, MSG_NOSIGNAL);
	close(ends[0]);
	take(ends[1], 1);
	close(ends[1]);
	return 0;
}
