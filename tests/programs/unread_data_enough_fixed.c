/* A client reads the whole of an answer before it leaves.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void leave(int fd) { close(fd); }

int main(void)
{
	int ends[2];

	connection(ends);
	MUST(send(ends[0], "question", 8, 0));
	take(ends[1], 8);
	MUST(send(ends[1], "answer and more", 15, 0));
	take(ends[0], 15);
	leave(ends[0]);
	close(ends[1]);
	return 0;
}
