/* The sender passes its socket on by SCM_RIGHTS and forgets its own descriptor.
 * Expect: never-closed cause=peer-closed severity=error function=hand_over
 * Sockets: 5
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scm_rights.h"

static void hand_over(int channel, const struct sockaddr_in *at)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const struct sockaddr *)at, sizeof *at));
	pass(channel, fd);
}

int main(void)
{
	struct sockaddr_in at;
	char byte;
	int channel[2], server = listener(&at), peer;
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pid = MUST(fork());
	if (pid == 0) {
		int fd = receive(channel[1]);

		MUST(send(fd, "x", 1, 0));
		close(fd);
		_exit(0);
	}
	hand_over(channel[0], &at);
	peer = MUST(accept(server, NULL, NULL));
	EXPECT(recv(peer, &byte, 1, 0) == 1);
	wait_for(pid);
	close(peer);
	close(server);
	close(channel[0]);
	close(channel[1]);
	return 0;
}
