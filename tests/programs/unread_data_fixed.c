/* A client reads the whole answer before it closes.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[1], "hello", 5, 0));
	take(ends[0], 5);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
