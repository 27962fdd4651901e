/* A send that fails: the helper closes the connection, and its caller shuts it down.
 * Explore: --calls=send
 * Finds: send EPIPE use-after-close finish
 * Finds: send ECONNRESET use-after-close finish
 * Finds: send EPIPE double-close finish
 * Finds: send ECONNRESET double-close finish
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore.h"

static int greet(int fd)
{
	if (send(fd, "hello", 5, MSG_NOSIGNAL) == 5)
		return 0;
	close(fd);
	return -1;
}

static void finish(int fd)
{
	shutdown(fd, SHUT_WR);
	close(fd);
}

int main(void)
{
	int ends[2], failed;

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = greet(ends[0]);
	if (!failed || !FIXED)
		finish(ends[0]);
	scaffold_close(ends[1]);
	return failed ? scaffold_failed("send") : 0;
}
