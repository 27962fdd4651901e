/* The same loop, downwards.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2];

	connection(ends);
	connection(ends); /* the first pair is left to the sweep */
	close(ends[0]);
	for (int fd = 1023; fd >= 3; fd--)
		close(fd);
	printf("all closed: %s\n", fcntl(ends[1], F_GETFD) == -1 ? "yes" : "no");
	return 0;
}
