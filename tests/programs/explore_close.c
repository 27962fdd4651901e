/* A close that a signal interrupts has closed: once more is once too often.
 * Finds: close EINTR double-close finish
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore.h"

static int finish(int fd)
{
	int failed;

	do
		failed = close(fd);
	while (failed && errno == EINTR && !FIXED);
	return failed && errno != EINTR ? -1 : 0;
}

int main(void)
{
	int ends[2], failed;

	scaffold_interruptible();
	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = finish(ends[0]);
	scaffold_close(ends[1]);
	return failed ? scaffold_failed("close") : 0;
}
