/* A thread shuts down the stream that its peer has closed, and keeps the descriptor.
 * Expect: close-wait function=serve
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void serve(int fd)
{
	char byte;

	EXPECT(read(fd, &byte, 1) == 0);
	MUST(shutdown(fd, SHUT_RDWR));
	usleep(150000);
	close(fd);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	start(&worker, serve, ends[0]);
	close(ends[1]);
	join(&worker);
	return 0;
}
