/* The corrected twin of broken_pipe_threads: the reader tells the writer.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int fd;
static volatile int gone;

static void *publish(void *arg)
{
	(void)arg;
	while (!gone && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
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
	gone = 1;
	EXPECT(pthread_create(&publisher, NULL, publish, NULL) == 0);
	pthread_join(publisher, NULL);
	close(fd);
	return 0;
}
