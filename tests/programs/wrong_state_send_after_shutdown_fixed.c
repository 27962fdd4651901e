/* The last word before shutdown.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "x", 1, MSG_NOSIGNAL));
	MUST(shutdown(ends[0], SHUT_WR));
	take(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
