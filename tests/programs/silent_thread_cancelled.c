/* One thread is cancelled in accept, another in recv; the sockets are closed by who made them.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *acceptor(void *fd)
{
	accept(*(int *)fd, NULL, NULL);
	return NULL;
}

static void *receiver(void *fd)
{
	char byte;

	recv(*(int *)fd, &byte, 1, 0);
	return NULL;
}

static void cancelled(void *(*body)(void *), int fd)
{
	pthread_t thread;
	void *result;

	EXPECT(pthread_create(&thread, NULL, body, &fd) == 0);
	usleep(20000); /* most likely inside the call by now; right either way */
	pthread_cancel(thread);
	pthread_join(thread, &result);
	EXPECT(result == PTHREAD_CANCELED);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at), ends[2];

	cancelled(acceptor, fd);
	connection(ends);
	cancelled(receiver, ends[1]);
	close(client(&at)); /* the listener is as good as before */
	close(MUST(accept(fd, NULL, NULL)));
	close(fd);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
