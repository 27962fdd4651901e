/* A connected socket is told to listen.
 * Expect: wrong-state function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	EXPECT(listen(ends[0], 1) == -1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
