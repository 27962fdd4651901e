/* A daemon has closed 0, 1 and 2; sockets take these numbers, and are closed.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	close(0);
	close(1);
	close(2);
	connection(ends);
	EXPECT(ends[0] <= 2 && ends[1] <= 2);
	EXPECT(send(ends[0], "x", 1, 0) == 1);
	take(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
