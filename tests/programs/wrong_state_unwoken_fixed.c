/* The connection is shut down when all is said.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *keep_writing(void *fd)
{
	for (int i = 0; i < 2; i++)
		EXPECT(send(*(int *)fd, "x", 1, MSG_NOSIGNAL) == 1);
	return NULL;
}

int main(void)
{
	int ends[2];
	char byte;
	pthread_t writer;

	connection(ends);
	EXPECT(pthread_create(&writer, NULL, keep_writing, &ends[0]) == 0);
	EXPECT(pthread_join(writer, NULL) == 0);
	MUST(shutdown(ends[0], SHUT_WR));
	while (recv(ends[1], &byte, 1, 0) > 0)
		continue;
	close(ends[0]);
	close(ends[1]);
	return 0;
}
