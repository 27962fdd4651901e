/* The mistake, or with FIXED set to 1 its correction: see explore_close.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

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
