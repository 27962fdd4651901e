/* A forking server: the child closes its side of each connection, the parent forgets its own.
 * Expect: never-closed cause=peer-closed severity=error function=serve count=3
 * Sockets: 7
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd)
{
	int peer = MUST(accept(fd, NULL, NULL));
	pid_t pid = MUST(fork());

	if (pid == 0) {
		MUST(send(peer, "x", 1, 0));
		close(peer);
		_exit(0);
	}
	wait_for(pid);
}

int main(void)
{
	struct sockaddr_in at;
	char byte;
	int fd = listener(&at);

	for (int i = 0; i < 3; i++) {
		int visitor = client(&at);

		serve(fd);
		EXPECT(recv(visitor, &byte, 1, 0) == 1);
		close(visitor);
	}
	close(fd);
	return 0;
}
