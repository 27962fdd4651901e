/* Two threads write to one connection at once: their messages mix.
 * Expect: concurrent-io function=writer
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static char message[1 << 22];

static void writer(int fd) { EXPECT(send(fd, message, sizeof message, 0) == sizeof message); }

int main(void)
{
	struct worker first, second;
	static char room[1 << 16];
	int ends[2];

	connection(ends);
	start(&first, writer, ends[0]);
	until_inside(&first, SYS_sendto);
	start(&second, writer, ends[0]);
	until_inside(&second, SYS_sendto);
	for (size_t n = 0; n < 2 * sizeof message;)
		n += (size_t)MUST((int)recv(ends[1], room, sizeof room, 0));
	join(&first);
	join(&second);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
