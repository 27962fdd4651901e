/* A child reads to the end of the connection that it made.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void visit(const struct sockaddr_in *at, int answered)
{
	char byte;
	int fd = client(at);

	EXPECT(read(answered, &byte, 1) == 1);
	take(fd, 5);
	close(fd);
	_exit(0);
}

int main(void)
{
	struct sockaddr_in at;
	int answered[2], fd = listener(&at), peer;
	pid_t pid;

	MUST(pipe(answered));
	pid = MUST(fork());
	if (pid == 0) {
		close(fd);
		visit(&at, answered[0]);
	}
	peer = MUST(accept(fd, NULL, NULL));
	MUST(send(peer, "hello", 5, 0));
	MUST(write(answered[1], "", 1));
	wait_for(pid);
	close(peer);
	close(fd);
	return 0;
}
