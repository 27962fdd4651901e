/* The child closes its own descriptor of the connection, and the parent's write goes through.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void use(int fd)
{
	MUST(write(fd, "x", 1));
	close(fd);
	_exit(0);
}

int main(void)
{
	int ends[2], status;
	pid_t parent, child;

	connection(ends);
	parent = MUST(fork());
	if (parent == 0) {
		child = MUST(fork());
		if (child == 0) {
			close(ends[0]);
			_exit(0);
		}
		wait_for(child);
		use(ends[0]);
	}
	EXPECT(waitpid(parent, &status, 0) == parent);
	close(ends[0]);
	EXPECT(WIFEXITED(status));
	take(ends[1], 1);
	close(ends[1]);
	return 0;
}
