/* A test that passes, and forgets a socket.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/socket.h>
#include <unistd.h>

static int forgets_one(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 1;
	close(ends[0]);
	return 0;
}

int main(void) { return forgets_one(); }
