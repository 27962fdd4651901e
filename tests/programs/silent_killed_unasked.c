/* A parent ends its workers by signals, and waits for each without asking how it ended. Their ends are known all the same.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

/* Waits on a listener that it has from its parent, and is told to end. */
static pid_t ended_worker(int fd)
{
	int ready[2];
	char byte;
	pid_t pid;

	MUST(pipe2(ready, O_CLOEXEC));
	pid = MUST(fork());
	if (!pid) {
		MUST((int)write(ready[1], "x", 1));
		accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		_exit(1);
	}
	EXPECT(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	MUST(kill(pid, SIGTERM));
	return pid;
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);
	pid_t pid;

	pid = ended_worker(fd);
	EXPECT(wait(NULL) == pid);
	pid = ended_worker(fd);
	EXPECT(waitpid(-1, NULL, 0) == pid);
	pid = ended_worker(fd);
	EXPECT(wait4(pid, NULL, 0, NULL) == pid);
	pid = ended_worker(fd);
	EXPECT(waitid(P_PID, (id_t)pid, NULL, WEXITED) == 0);
	close(fd);
	return 0;
}
