/* A shutdown of the listener wakes the thread that waits in accept: the usual way to stop a server.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *acceptor(void *fd)
{
	EXPECT(accept(*(int *)fd, NULL, NULL) == -1);
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	pthread_t thread;
	int fd = listener(&at);

	EXPECT(pthread_create(&thread, NULL, acceptor, &fd) == 0);
	usleep(20000); /* most likely inside accept by now; right either way */
	MUST(shutdown(fd, SHUT_RDWR));
	pthread_join(thread, NULL);
	close(fd);
	return 0;
}
