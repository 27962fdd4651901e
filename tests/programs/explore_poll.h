/* The mistake, or with FIXED set to 1 its correction: see explore_poll.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int await(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&ready, 1, -1);
	while (FIXED && n < 0 && errno == EINTR);
	if (n < 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

int main(void)
{
	int ends[2], failed;

	scaffold_interruptible();
	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = scaffold_send(ends[1], "ready") || await(ends[0]);
	close(ends[0]);
	scaffold_close(ends[1]);
	return failed ? scaffold_failed("poll") : 0;
}
