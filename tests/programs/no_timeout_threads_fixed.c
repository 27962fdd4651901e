/* The corrected twin of no_timeout_threads: each has a timeout, and tries again.
 * Expect: silent
 * Options: --limit=no-timeout=300ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *work(void *arg)
{
	struct timeval limit = {.tv_usec = 100000};
	char byte;
	ssize_t n;

	MUST(setsockopt(*(int *)arg, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	while ((n = recv(*(int *)arg, &byte, 1, 0)) < 0 && errno == EAGAIN)
		;
	EXPECT(n == 1);
	close(*(int *)arg);
	return NULL;
}

int main(void)
{
	int ends[2][2];
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		connection(ends[i]);
		EXPECT(pthread_create(&threads[i], NULL, work, &ends[i][1]) == 0);
	}
	usleep(500000);
	for (int i = 0; i < 2; i++) {
		EXPECT(send(ends[i][0], "x", 1, 0) == 1);
		pthread_join(threads[i], NULL);
		close(ends[i][0]);
	}
	return 0;
}
