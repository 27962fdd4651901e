/* The worker closes the connection it was given, and so does the thread that made it.
 * Expect: double-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *worker(void *fd)
{
	close(*(int *)fd);
	return NULL;
}

int main(void)
{
	int ends[2];
	pthread_t thread;

	connection(ends);
	EXPECT(pthread_create(&thread, NULL, worker, &ends[0]) == 0);
	pthread_join(thread, NULL);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
