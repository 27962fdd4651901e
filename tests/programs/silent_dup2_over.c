/* A new connection takes the number of the old one: dup2 closes what was there, on purpose.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int old[2], new[2];

	connection(old);
	connection(new);
	MUST(dup2(new[0], old[0]));
	close(new[0]);
	MUST(send(old[0], "x", 1, 0));
	take(new[1], 1);
	MUST(dup3(new[1], old[1], O_CLOEXEC));
	close(new[1]);
	close(old[0]);
	close(old[1]);
	return 0;
}
