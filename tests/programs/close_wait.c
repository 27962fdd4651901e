/* The peer has closed; the program does other work before it closes.
 * Expect: close-wait function=main
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
	usleep(150000);
	close(ends[0]);
	return 0;
}
