/* One thread closes a TCP connection that another one reads from; its reader then calls once more.
 * Expect: close-in-use function=main
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
	close(ends[0]);
	MUST(send(ends[1], "x", 1, 0)); /* the reader gets it, and then finds its number gone */
	join(&worker);
	close(ends[1]);
	return 0;
}
