/* A child closes the socket it is passed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include "scm_rights.h"

static void receive_socket(int from)
{
	int fd = receive(from);

	MUST(send(fd, "x", 1, 0));
	close(fd);
	close(from);
}

int main(void)
{
	int channel[2], ends[2];
	char byte;
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pid = MUST(fork());
	if (pid == 0) {
		close(channel[0]);
		receive_socket(channel[1]);
		_exit(0);
	}
	close(channel[1]);
	connection(ends);
	pass(channel[0], ends[0]);
	close(ends[0]);
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	wait_for(pid);
	close(ends[1]);
	close(channel[0]);
	return 0;
}
