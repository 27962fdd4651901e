/* The long way to a daemon: fork, setsid, fork; both parents leave with the listener of the daemon.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(const struct sockaddr_in *at, int fd)
{
	int visitor = client(at);

	close(MUST(accept(fd, NULL, NULL)));
	close(visitor);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), parents[2];
	char byte;

	MUST(pipe2(parents, O_CLOEXEC));
	fflush(stdout);
	if (MUST(fork()) > 0)
		exit(0);
	MUST(setsid());
	if (MUST(fork()) > 0)
		_exit(0);
	close(parents[1]);
	EXPECT(read(parents[0], &byte, 1) == 0); /* until both have left */
	close(parents[0]);
	serve(&at, fd);
	return 0;
}
