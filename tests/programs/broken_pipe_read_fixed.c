/* The server lets the connection be once it reads that its client has reset it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	const struct linger reset = {.l_onoff = 1};
	int ends[2];
	char byte;

	connection(ends);
	MUST(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
	close(ends[0]);
	if (recv(ends[1], &byte, 1, 0) == 1)
		EXPECT(send(ends[1], "sorry", 5, MSG_NOSIGNAL) == -1);
	close(ends[1]);
	return 0;
}
