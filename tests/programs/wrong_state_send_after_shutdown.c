/* A send after this side said that it is done.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(shutdown(ends[0], SHUT_WR));
	EXPECT(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
