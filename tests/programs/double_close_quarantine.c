/* A connection is closed by its owner and once more by a cleanup, in one thread; in between another part of the program has made a socket,
 * which the cleanup would close. With the quarantine that socket has another number and goes on.
 * Options: --option=quarantine=4
 * Expect: double-close function=clean_up
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

static void clean_up(int fd) { close(fd); }

int main(void)
{
	int ends[2];

	connection(ends);
	close(ends[0]);
	int other = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	clean_up(ends[0]);
	close(ends[1]);
	if (other != ends[0])
		MUST(close(other));
	return 0;
}
