/* A client shuts down writing and waits for the answer, which comes late, and in pieces. Meanwhile a worker waits for its orders.
 * Expect: silent
 * Options: --limit=close-wait=150ms --limit=no-timeout=200ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void answer(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 0);
	for (int i = 0; i < 3; i++) {
		usleep(100000);
		EXPECT(send(fd, "answer", 6, MSG_NOSIGNAL) == 6);
	}
	close(fd);
}

static void obey(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) == 1)
		continue;
	close(fd);
}

int main(void)
{
	struct timeval limit = {.tv_sec = 10};
	struct worker server, worker;
	int ends[2], orders[2];
	char bytes[64];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, orders));
	start(&worker, obey, orders[0]);
	connection(ends);
	start(&server, answer, ends[1]);
	MUST(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	MUST(shutdown(ends[0], SHUT_WR));
	while (recv(ends[0], bytes, sizeof bytes, 0) > 0)
		continue;
	join(&server);
	close(ends[0]);
	close(orders[1]);
	join(&worker);
	return 0;
}
