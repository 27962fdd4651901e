/* The worker is given a number that was never a descriptor.
 * Expect: bad-fd function=worker
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *worker(void *fd)
{
	listen(*(int *)fd, 1);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	int fd = -1;

	EXPECT(pthread_create(&thread, NULL, worker, &fd) == 0);
	pthread_join(thread, NULL);
	return 0;
}
