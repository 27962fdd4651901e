/* The mistake, or with FIXED set to 1 its correction: see explore_fork.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int serve(int fd)
{
	pid_t child = fork();

	if (child == 0)
		_exit(scaffold_send(fd, "hello") ? 1 : 0);
	if (child > 0 || FIXED)
		close(fd);
	return child < 0 ? -1 : waitpid(child, NULL, 0) == child ? 0 : -1;
}

int main(void)
{
	int ends[2], failed;

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = serve(ends[0]);
	scaffold_close(ends[1]);
	return failed ? scaffold_failed("fork") : 0;
}
