/* A closed connection is still in the set of a select.
 * Expect: use-after-close function=main
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
	EXPECT(select(ends[1] + 1, &set, NULL, NULL, NULL) == -1 && errno == EBADF);
	close(ends[1]);
	return 0;
}
