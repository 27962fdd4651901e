/* A request is read to its end before it is refused.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void refuse(int peer)
{
	take(peer, 7);
	close(peer);
}

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	refuse(ends[1]);
	close(ends[0]);
	return 0;
}
