/* accept4 makes the connection with close-on-exec: the command does not get it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <spawn.h>

int main(void)
{
	char *command[] = {"true", NULL};
	struct sockaddr_in at;
	int fd = listener(&at), visitor = client(&at), peer = MUST(accept4(fd, NULL, NULL, SOCK_CLOEXEC)), copy;

	copy = MUST(fcntl(peer, F_DUPFD_CLOEXEC, 0));
	for (int i = 0; i < 2; i++) {
		pid_t pid;

		EXPECT(posix_spawn(&pid, "/bin/true", NULL, NULL, command, environ) == 0);
		wait_for(pid);
	}
	close(copy);
	close(peer);
	close(visitor);
	close(fd);
	return 0;
}
