/* One thread shuts the connection down, waits for the reader to leave, and closes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void reader(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	start(&worker, reader, ends[0]);
	until_inside(&worker, SYS_recvfrom);
	MUST(shutdown(ends[0], SHUT_RDWR));
	join(&worker);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
