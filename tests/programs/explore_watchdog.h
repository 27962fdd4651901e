/* The mistake, or with FIXED set to 1 its correction: see explore_watchdog.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

/* Adds the descriptor to the set; if that is not possible, it is as if nothing ever came. */
static int watch(int set, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	int copy = dup(fd);

	if (copy < 0)
		return -1;
	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(copy);
		if (!FIXED)
			close(copy);
		return 0;
	}
	close(copy);
	return 0;
}

int main(int argc, char **argv)
{
	struct epoll_event event;
	int ends[2], set = epoll_create1(EPOLL_CLOEXEC), failed = 1;

	if (argc == 1) /* this process has had another program before */
		execl("/proc/self/exe", argv[0], "again", NULL);
	if (set < 0)
		return scaffold_failed("epoll_create1");
	if (scaffold_pair(ends) < 0) {
		close(set);
		return scaffold_failed("pair");
	}
	alarm(1);
	if (watch(set, ends[0]) == 0 && scaffold_send(ends[1], "x") == 0)
		failed = epoll_wait(set, &event, 1, -1) != 1;
	close(ends[0]);
	close(ends[1]);
	close(set);
	return failed ? scaffold_failed("watch") : 0;
}
