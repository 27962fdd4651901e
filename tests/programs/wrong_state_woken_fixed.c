/* The writer is asked to leave, and the connection shut down after that.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool leave;

static void *keep_writing(void *fd)
{
	while (!leave && send(*(int *)fd, "x", 1, MSG_NOSIGNAL) > 0)
		usleep(1000);
	return NULL;
}

int main(void)
{
	int ends[2];
	char byte;
	pthread_t writer;

	connection(ends);
	EXPECT(pthread_create(&writer, NULL, keep_writing, &ends[0]) == 0);
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	leave = true;
	EXPECT(pthread_join(writer, NULL) == 0);
	MUST(shutdown(ends[0], SHUT_RDWR));
	close(ends[0]);
	while (recv(ends[1], &byte, 1, 0) > 0)
		continue;
	close(ends[1]);
	return 0;
}
