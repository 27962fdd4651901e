/* The acceptor starts before the listener is ready.
 * Expect: wrong-state function=acceptor
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *acceptor(void *fd)
{
	if (accept(*(int *)fd, NULL, NULL) < 0)
		puts("nobody accepted");
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	pthread_t thread;
	int fd = bound(&at);

	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT(pthread_create(&thread, NULL, acceptor, &fd) == 0);
	pthread_join(thread, NULL);
	MUST(listen(fd, 16));
	close(fd);
	return 0;
}
