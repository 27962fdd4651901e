/* The reader's socket is closed when the reader is done.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *reader(void *fd)
{
	char byte;

	if (recv(*(int *)fd, &byte, 1, MSG_DONTWAIT) < 0)
		puts("nothing to read");
	return NULL;
}

int main(void)
{
	int ends[2];
	pthread_t thread;

	connection(ends);
	EXPECT(pthread_create(&thread, NULL, reader, &ends[0]) == 0);
	pthread_join(thread, NULL);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
