/* A thread refuses a request, and reads the rest of it before it closes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "threads.h"

static void serve(int peer)
{
	MUST(send(peer, "no", 2, 0));
	take(peer, 7);
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
