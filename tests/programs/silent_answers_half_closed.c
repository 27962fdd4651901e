/* A client shuts down writing and waits for the answer, which comes late, and in pieces.
 * Expect: silent
 * Options: --limit=close-wait=1s
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void answer(int fd)
{
	char byte;

	EXPECT(recv(fd, &byte, 1, 0) == 0);
	for (int i = 0; i < 6; i++) {
		usleep(200000);
		EXPECT(send(fd, "answer", 6, MSG_NOSIGNAL) == 6);
	}
	close(fd);
}

int main(void)
{
	struct timeval limit = {.tv_sec = 10};
	struct worker server;
	int ends[2];
	char bytes[64];

	connection(ends);
	start(&server, answer, ends[1]);
	MUST(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	MUST(shutdown(ends[0], SHUT_WR));
	while (recv(ends[0], bytes, sizeof bytes, 0) > 0)
		continue;
	join(&server);
	close(ends[0]);
	return 0;
}
