/* The program leaves by quick_exit: by its own will, so what is open is an error.
 * Expect: never-closed cause=peer-closed severity=error function=main
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
	quick_exit(0);
}
