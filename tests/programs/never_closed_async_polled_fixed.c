/* The program closes the connections that were up with the word of a poll alone. What it hears of a reset ends one that was made.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "polled.h"

int main(void)
{
	const struct linger reset = {.l_onoff = 1};
	int ends[2];

	for (int i = 0; i < POLLS; i++) {
		polled_connection(polls[i], ends);
		MUST(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
		close(ends[1]);
		EXPECT(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
		close(ends[0]);
	}
	return 0;
}
