/* One way out for all: what may be left is read before the close, also of a listener.
 * Expect: wrong-state severity=note function=drain_and_close
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void drain_and_close(int fd)
{
	char left[64];

	EXPECT(read(fd, left, sizeof left) <= 0);
	close(fd);
}

int main(void)
{
	struct sockaddr_in at;
	int fd = listener(&at);

	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
	drain_and_close(fd);
	return 0;
}
