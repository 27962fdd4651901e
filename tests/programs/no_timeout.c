/* A client waits for an answer, for ever if need be.
 * Expect: no-timeout function=ask
 * Options: --limit=no-timeout=1s
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <sys/time.h>

static void ask(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 1);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	start(&worker, ask, ends[0]);
	usleep(1300000);
	MUST(send(ends[1], "x", 1, 0));
	join(&worker);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
