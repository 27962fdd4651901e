/* A request is refused without an answer: there is no answer that could be lost.
 * Expect: unread-data severity=note function=refuse
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void refuse(int peer) { close(peer); }

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	refuse(ends[1]);
	close(ends[0]);
	return 0;
}
