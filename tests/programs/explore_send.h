/* The mistake, or with FIXED set to 1 its correction: see explore_send.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

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
