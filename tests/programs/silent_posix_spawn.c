/* A spawned program gets a socket as its output, and closes for itself what it must not have.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <spawn.h>

extern char **environ;

int main(void)
{
	int ends[2];
	char text[6];
	pid_t pid;
	posix_spawn_file_actions_t actions;

	connection(ends);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	EXPECT(posix_spawnp(&pid, "echo", &actions, NULL, (char *[]){"echo", "hello", NULL}, environ) == 0);
	posix_spawn_file_actions_destroy(&actions);
	EXPECT(recv(ends[1], text, sizeof text, MSG_WAITALL) == sizeof text);
	wait_for(pid);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
