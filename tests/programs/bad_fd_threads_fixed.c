/* The worker looks at the number it is given.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *worker(void *given)
{
	int fd = *(int *)given;

	if (fd >= 0)
		listen(fd, 1);
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
