/* Two threads read from one TCP connection at once: which gets what is chance.
 * Expect: concurrent-io function=reader
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void reader(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 1);
}

int main(void)
{
	struct worker first, second;
	int ends[2];

	connection(ends);
	start(&first, reader, ends[0]);
	until_inside(&first, SYS_recvfrom);
	start(&second, reader, ends[0]);
	until_inside(&second, SYS_recvfrom);
	MUST(send(ends[1], "xy", 2, 0));
	join(&first);
	join(&second);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
