/* Two ends of a connection have nothing to say, and stay.
 * Expect: idle function=main count=2
 * Options: --limit=idle=200ms
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "x", 1, 0));
	take(ends[1], 1);
	usleep(300000);
	close(ends[1]);
	close(ends[0]);
	return 0;
}
