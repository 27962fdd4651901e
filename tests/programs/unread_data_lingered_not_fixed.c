/* The corrected twin of unread_data_lingered_not: it reads to the end.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "request", 7, 0));
	MUST(shutdown(ends[0], SHUT_WR));
	MUST(send(ends[1], "no", 2, 0));
	MUST(shutdown(ends[1], SHUT_WR));
	take(ends[1], 7);
	take(ends[0], 2);
	close(ends[1]);
	close(ends[0]);
	return 0;
}
