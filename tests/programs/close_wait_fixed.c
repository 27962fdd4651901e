/* The connection is closed as soon as the peer has closed it.
 * Expect: silent
 * Options: --limit=close-wait=100ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	char byte;
	int ends[2];

	connection(ends);
	close(ends[1]);
	EXPECT(recv(ends[0], &byte, 1, 0) == 0);
	close(ends[0]);
	return 0;
}
