/* The connection is what is read.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void serve(int fd)
{
	char byte;

	for (int i = 0; i < 2; i++)
		EXPECT(recv(fd, &byte, 1, MSG_DONTWAIT) == -1);
	close(fd);
}

int main(void)
{
	int ends[2];

	connection(ends);
	serve(ends[1]);
	close(ends[0]);
	return 0;
}
