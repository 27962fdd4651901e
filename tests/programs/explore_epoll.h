/* The mistake, or with FIXED set to 1 its correction: see explore_epoll.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static int await(int set, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0 && FIXED)
		return -1;
	return epoll_wait(set, &event, 1, -1) == 1 ? 0 : -1;
}

int main(void)
{
	int ends[2], set = epoll_create1(EPOLL_CLOEXEC), failed;

	if (set < 0)
		return scaffold_failed("epoll_create1");
	if (scaffold_pair(ends) < 0) {
		close(set);
		return scaffold_failed("socketpair");
	}
	failed = scaffold_send(ends[1], "ready") || await(set, ends[0]);
	scaffold_close(ends[0]);
	scaffold_close(ends[1]);
	close(set);
	return failed ? scaffold_failed("epoll") : 0;
}
