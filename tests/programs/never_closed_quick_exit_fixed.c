/* The program closes its socket before quick_exit.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "x", 1, 0));
	take(ends[1], 1);
	close(ends[1]);
	close(ends[0]);
	quick_exit(0);
}
