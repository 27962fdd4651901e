/* dup2 of a number onto itself does nothing; onto a number that was closed it makes a second descriptor.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	EXPECT(dup2(ends[0], ends[0]) == ends[0]);
	EXPECT(dup3(ends[0], ends[0], O_CLOEXEC) == -1);
	close(ends[1]);
	EXPECT(dup2(ends[0], ends[1]) == ends[1]);
	close(ends[1]);
	close(ends[0]);
	return 0;
}
