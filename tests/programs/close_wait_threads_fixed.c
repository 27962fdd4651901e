/* The corrected twin of close_wait_threads: closed first, other work then.
 * Expect: silent
 * Options: --limit=close-wait=10s
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *serve(void *arg)
{
	int fd = *(int *)arg;
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
	close(fd);
	usleep(150000);
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
