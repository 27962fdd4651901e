/* A forked child shuts down its parent's connection, and the parent's next write is a SIGPIPE.
 * Expect: close-in-use function=main
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
			MUST(shutdown(ends[0], SHUT_RDWR));
			close(ends[0]);
			_exit(0);
		}
		wait_for(child);
		use(ends[0]);
	}
	EXPECT(waitpid(parent, &status, 0) == parent);
	close(ends[0]);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(ends[1]);
	return 0;
}
