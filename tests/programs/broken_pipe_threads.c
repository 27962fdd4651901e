/* One thread reads and learns that the peer is gone; another, which it does not tell, goes on writing.
 * Expect: broken-pipe function=publish
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int fd;

static void *publish(void *arg)
{
	(void)arg;
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	EXPECT(errno == EPIPE || errno == ECONNRESET);
	return NULL;
}

int main(void)
{
	int ends[2];
	pthread_t publisher;
	char byte;

	connection(ends);
	fd = ends[0];
	close(ends[1]);
	EXPECT(recv(fd, &byte, 1, 0) == 0);
	EXPECT(pthread_create(&publisher, NULL, publish, NULL) == 0);
	pthread_join(publisher, NULL);
	close(fd);
	return 0;
}
