/* The peer sends and resets: what it sent is unread when this side closes, yet nothing is left to be reset by that.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <poll.h>

int main(void)
{
	struct linger reset = {.l_onoff = 1};
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "lost", 4, 0));
	MUST(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
	MUST(close(ends[0]));
	struct pollfd gone = {.fd = ends[1]};
	EXPECT(poll(&gone, 1, 10000) == 1 && gone.revents & POLLHUP);
	MUST(close(ends[1]));
	return 0;
}
