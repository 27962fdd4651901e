/* The listener is shut down, its acceptor leaves, and then it is closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void acceptor(int fd)
{
	int peer = accept(fd, NULL, NULL);

	if (peer >= 0)
		close(peer);
}

int main(void)
{
	struct worker worker;
	struct sockaddr_in at;
	int fd = listener(&at);

	start(&worker, acceptor, fd);
	until_inside(&worker, SYS_accept);
	MUST(shutdown(fd, SHUT_RDWR));
	join(&worker);
	close(fd);
	return 0;
}
