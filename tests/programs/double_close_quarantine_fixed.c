/* The owner says that it has closed the connection.
 * Options: --option=quarantine=4
 * Expect: silent
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void clean_up(int fd)
{
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	ends[0] = -1;
	int other = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	clean_up(ends[0]);
	close(ends[1]);
	MUST(close(other));
	return 0;
}
