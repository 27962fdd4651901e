/* A connection is drained before the close, a listener is only closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void drain_and_close(int fd)
{
	char left[64];

	EXPECT(read(fd, left, sizeof left) <= 0);
	close(fd);
}

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	drain_and_close(ends[1]);
	return 0;
}
