/* A server with a thread for each connection: the peer has gone, and the thread does other work before it closes.
 * Expect: close-wait function=serve count=2
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *serve(void *arg)
{
	int fd = *(int *)arg;
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
	usleep(150000);
	close(fd);
	return NULL;
}

int main(void)
{
	int ends[2][2];
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		connection(ends[i]);
		EXPECT(pthread_create(&threads[i], NULL, serve, &ends[i][1]) == 0);
	}
	for (int i = 0; i < 2; i++)
		close(ends[i][0]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
