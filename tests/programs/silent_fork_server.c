/* A forking server: each child serves one connection, parent and child both close their side of it.
 * Expect: silent
 * Sockets: 11
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd, int peer)
{
	close(fd);
	MUST(send(peer, "x", 1, 0));
	close(peer);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	char byte;
	int fd = listener(&at);

	for (int i = 0; i < 5; i++) {
		int visitor = client(&at), peer = MUST(accept(fd, NULL, NULL));
		pid_t pid = MUST(fork());

		if (pid == 0)
			serve(fd, peer);
		close(peer);
		EXPECT(recv(visitor, &byte, 1, 0) == 1);
		wait_for(pid);
		close(visitor);
	}
	close(fd);
	return 0;
}
