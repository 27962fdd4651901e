/* One owner closes, and says so with -1.
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void finish(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int main(void)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

	finish(&fd);
	finish(&fd);
	return 0;
}
