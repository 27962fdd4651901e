/* A stream is to be made of a number whose socket is closed.
 * Expect: use-after-close function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	EXPECT(fdopen(ends[0], "r") == NULL && errno == EBADF);
	close(ends[1]);
	return 0;
}
