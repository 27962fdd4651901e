/* Logs the peer's goodbye on a connection that the handler has closed already.
 * Expect: use-after-close function=goodbye
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void handle(int peer)
{
	char request[64];

	MUST(recv(peer, request, sizeof request, 0));
	MUST(send(peer, "ok\n", 3, 0));
	close(peer);
}

static void goodbye(int peer)
{
	if (send(peer, "bye\n", 4, MSG_NOSIGNAL) < 0)
		perror("send");
}

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "hello\n", 6, 0));
	handle(ends[1]);
	goodbye(ends[1]);
	take(ends[0], 3);
	close(ends[0]);
	return 0;
}
