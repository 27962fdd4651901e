/* The mistake, or with FIXED set to 1 its correction: see explore_thread.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "explore.h"

static void *serve(void *arg)
{
	scaffold_close(*(int *)arg);
	return NULL;
}

static int hand_over(int *fd)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, fd)) {
		if (FIXED)
			close(*fd);
		return -1;
	}
	return pthread_join(thread, NULL);
}

int main(void)
{
	int ends[2], failed;

	if (scaffold_pair(ends) < 0)
		return scaffold_failed("socketpair");
	failed = hand_over(&ends[0]);
	scaffold_close(ends[1]);
	return failed ? scaffold_failed("pthread_create") : 0;
}
