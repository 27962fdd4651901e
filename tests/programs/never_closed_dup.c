/* The socket is closed, its duplicate is forgotten.
 * Expect: never-closed cause=peer-closed function=main
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2], copy;

	connection(ends);
	copy = MUST(dup(ends[0]));
	MUST(send(copy, "x", 1, 0));
	take(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
