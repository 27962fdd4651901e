/* The mistake, or with FIXED set to 1 its correction: see explore_channel.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

#include <sys/wait.h>

/* Answers each order; gives the channel up when it breaks. */
static int work(int channel)
{
	char order = 0;

	while (order != 'q') {
		if (recv(channel, &order, 1, 0) != 1) {
			close(channel);
			return -1;
		}
		send(channel, "k", 1, MSG_NOSIGNAL);
	}
	return 0;
}

int main(void)
{
	int ends[2], status = 0;
	char answer;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return scaffold_failed("socketpair");
	pid_t worker = fork();
	if (!worker) {
		close(ends[0]);
		if (work(ends[1]) == 0 || !FIXED)
			close(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	/* Each order is sent, whatever became of the one before. */
	for (int i = 0; worker > 0 && i < 3; i++) {
		send(ends[0], i < 2 ? "w" : "q", 1, MSG_NOSIGNAL);
		recv(ends[0], &answer, 1, 0);
	}
	close(ends[0]);
	if (worker < 0)
		return scaffold_failed("fork");
	return waitpid(worker, &status, 0) == worker && !status ? 0 : 1;
}
