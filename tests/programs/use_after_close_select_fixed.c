/* The corrected twin of use_after_close_select: what is closed leaves the set.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <sys/select.h>

int main(void)
{
	int ends[2];
	fd_set set;

	connection(ends);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	FD_SET(ends[1], &set);
	close(ends[0]);
	FD_CLR(ends[0], &set);
	EXPECT(select(ends[1] + 1, &set, NULL, NULL, NULL) == 1); /* the peer's end */
	close(ends[1]);
	return 0;
}
