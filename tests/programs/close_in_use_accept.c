/* A listener is closed while a thread waits in accept: it does not wake.
 * Expect: close-in-use function=main
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
	close(fd);
	int visitor = client(&at); /* the thread still holds the listener */
	join(&worker);
	close(visitor);
	return 0;
}
