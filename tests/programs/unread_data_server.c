/* A thread refuses a request and closes at once: its answer may be lost in the reset.
 * Expect: unread-data function=serve
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void serve(int peer)
{
	take(peer, 3);
	MUST(send(peer, "no", 2, 0));
	close(peer);
}

int main(void)
{
	struct worker worker;
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	start(&worker, serve, ends[1]);
	take(ends[0], 2);
	join(&worker);
	close(ends[0]);
	return 0;
}
