/* A child shuts down what its parent gave it: closed in the parent before, or used by the child.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];
	char byte;

	for (int uses = 0; uses < 2; uses++) {
		connection(ends);
		pid_t child = MUST(fork());
		if (child == 0) {
			if (uses)
				MUST(send(ends[0], "x", 1, 0));
			MUST(shutdown(ends[0], SHUT_RDWR));
			close(ends[0]);
			_exit(0);
		}
		if (!uses)
			close(ends[0]);
		wait_for(child);
		EXPECT(recv(ends[1], &byte, 1, 0) == uses);
		if (uses)
			close(ends[0]);
		close(ends[1]);
	}
	return 0;
}
