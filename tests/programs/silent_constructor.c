/* Sockets are made before main, and closed after it.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static int early[2];

__attribute__((constructor(101))) static void before(void) { connection(early); }

__attribute__((destructor(101))) static void after(void)
{
	close(early[0]);
	close(early[1]);
}

int main(void)
{
	char byte;

	MUST(send(early[0], "x", 1, 0));
	EXPECT(recv(early[1], &byte, 1, 0) == 1);
	return 0;
}
