/* A pool of workers, each of which waits without a limit for a peer that has nothing to say.
 * Expect: no-timeout function=work count=2
 * Options: --limit=no-timeout=300ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *work(void *arg)
{
	char byte;

	EXPECT(recv(*(int *)arg, &byte, 1, 0) == 1);
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
