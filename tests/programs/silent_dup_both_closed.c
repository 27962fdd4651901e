/* A socket with three descriptors, made in three ways, each closed once.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

int main(void)
{
	int ends[2], second, third;

	connection(ends);
	second = MUST(dup(ends[0]));
	third = MUST(fcntl(ends[0], F_DUPFD_CLOEXEC, 20));
	close(ends[0]);
	MUST(send(second, "x", 1, 0));
	close(second);
	MUST(send(third, "x", 1, 0));
	close(third);
	take(ends[1], 2);
	close(ends[1]);
	return 0;
}
