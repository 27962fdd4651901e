/* A thread shuts a connection down under another one, which takes no notice and writes on: what it says is lost.
 * Expect: wrong-state count=2 severity=error function=keep_writing
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void *keep_writing(void *fd)
{
	for (int i = 0; i < 2; i++)
		send(*(int *)fd, "x", 1, MSG_NOSIGNAL);
	return NULL;
}

int main(void)
{
	int ends[2];
	char byte;
	pthread_t writer;

	connection(ends);
	MUST(shutdown(ends[0], SHUT_WR));
	EXPECT(pthread_create(&writer, NULL, keep_writing, &ends[0]) == 0);
	EXPECT(pthread_join(writer, NULL) == 0);
	EXPECT(recv(ends[1], &byte, 1, 0) == 0);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
