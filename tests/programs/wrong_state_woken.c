/* A thread ends another one, which writes, as it should: it shuts the connection down, waits, and closes. What the writer is then refused tells
 * it to leave. Once before a call, once within.
 * Expect: wrong-state count=2 severity=note function=keep_writing
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static char data[1 << 16];

static void *keep_writing(void *fd)
{
	while (send(*(int *)fd, data, sizeof data, MSG_NOSIGNAL) > 0)
		continue;
	return NULL;
}

int main(void)
{
	for (int within = 0; within < 2; within++) {
		int ends[2];
		pthread_t writer;
		connection(ends);
		if (!within)
			MUST(shutdown(ends[0], SHUT_RDWR));
		EXPECT(pthread_create(&writer, NULL, keep_writing, &ends[0]) == 0);
		if (within) {
			usleep(100000);
			MUST(shutdown(ends[0], SHUT_RDWR));
		}
		EXPECT(pthread_join(writer, NULL) == 0);
		close(ends[0]);
		while (recv(ends[1], data, sizeof data, 0) > 0)
			continue;
		close(ends[1]);
	}
	return 0;
}
