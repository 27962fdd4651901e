/* Connections that were up with the word of a poll alone are open at the end. Their peers are gone, and one has reset it.
 * Expect: never-closed cause=peer-closed function=polled_connection count=4
 * SPDX-License-Identifier: Apache-2.0
 */
#include "polled.h"

int main(void)
{
	const struct linger reset = {.l_onoff = 1};
	int ends[POLLS][2];
	char byte;

	for (int i = 0; i < POLLS; i++)
		polled_connection(polls[i], ends[i]);
	MUST(setsockopt(ends[0][1], SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
	close(ends[0][1]);
	EXPECT(recv(ends[0][0], &byte, 1, 0) == -1 && errno == ECONNRESET);
	for (int i = 1; i < POLLS; i++)
		close(ends[i][1]);
	return 0;
}
