/* Says goodbye, then closes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void handle(int peer)
{
	char request[64];

	MUST(recv(peer, request, sizeof request, 0));
	MUST(send(peer, "ok\n", 3, 0));
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
	close(ends[1]);
	take(ends[0], 7);
	close(ends[0]);
	return 0;
}
