/* The clean-up closes -1 where nothing was made: sloppy, but harmless.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int fd = -1;

	EXPECT(close(fd) == -1);
	return 0;
}
