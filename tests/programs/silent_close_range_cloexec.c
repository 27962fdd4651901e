/* close_range with CLOSE_RANGE_CLOEXEC only marks: the sockets serve on, and the next program does not get them.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <linux/close_range.h>

int main(void)
{
	int ends[2];
	char byte;

	connection(ends);
	MUST(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
	MUST(send(ends[0], "x", 1, 0));
	EXPECT(recv(ends[1], &byte, 1, 0) == 1);
	close(ends[1]);
	execl("/bin/true", "true", NULL);
	return 99;
}
