/* A server hands the accepted socket to a worker process and closes its own descriptor.
 * Expect: silent
 * Sockets: 5
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

static void worker(int channel)
{
	int fd = receive(channel);

	MUST(send(fd, "hello", 5, 0));
	close(fd);
	close(channel);
}

int main(void)
{
	struct sockaddr_in at;
	char text[5];
	int channel[2], fd = listener(&at), visitor, peer;
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pid = MUST(fork());
	if (pid == 0) {
		close(channel[0]);
		worker(channel[1]);
		_exit(0);
	}
	close(channel[1]);
	visitor = client(&at);
	peer = MUST(accept(fd, NULL, NULL));
	pass(channel[0], peer);
	close(peer);
	EXPECT(recv(visitor, text, sizeof text, MSG_WAITALL) == sizeof text);
	wait_for(pid);
	close(visitor);
	close(channel[0]);
	close(fd);
	return 0;
}
