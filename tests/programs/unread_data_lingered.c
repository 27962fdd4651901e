/* A server refuses a request that does not end: it answers, shuts down writing, reads on for a while, and gives up.
 * Expect: unread-data severity=note function=give_up
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

#include <poll.h>

static void send_on(int fd)
{
	char answer;

	while (send(fd, "more", 4, MSG_NOSIGNAL) == 4)
		usleep(1000);
	recv(fd, &answer, 1, 0);
	close(fd);
}

static void give_up(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLIN};

	EXPECT(poll(&at, 1, -1) == 1);
	close(fd);
}

int main(void)
{
	struct worker client;
	int ends[2];

	connection(ends);
	start(&client, send_on, ends[0]);
	take(ends[1], 4);
	MUST(send(ends[1], "no", 2, 0));
	MUST(shutdown(ends[1], SHUT_WR));
	for (int i = 0; i < 30; i++, usleep(10000))
		take(ends[1], 4);
	give_up(ends[1]);
	join(&client);
	return 0;
}
