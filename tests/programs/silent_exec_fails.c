/* Three ways to become a program that is not there; the sockets live on and are closed here.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <spawn.h>

extern char **environ;

int main(void)
{
	int ends[2];
	char byte, *argv[] = {"program", NULL};
	pid_t pid;

	connection(ends);
	EXPECT(execv("/nonexistent/program", argv) == -1);
	EXPECT(execvp("nonexistent-program", argv) == -1);
	EXPECT(posix_spawn(&pid, "/nonexistent/program", NULL, NULL, argv, environ) != 0);
	MUST(send(ends[0], "x", 1, 0));
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
