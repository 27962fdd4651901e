/* What the stress programs share: socket work that must succeed, and threads that do it until told to stop.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Makes, uses and closes a few sockets: async-signal-safe, for handlers and forked children of threaded parents too. */
static inline void socket_work(void)
{
	int ends[2], fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), copy = MUST(dup(fd));
	char byte = 'x';

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	EXPECT(send(ends[0], &byte, 1, 0) == 1 && recv(ends[1], &byte, 1, 0) == 1);
	MUST(close(fd));
	MUST(close(ends[1]));
	MUST(close(copy));
	MUST(close(ends[0]));
}

static volatile bool stop_churning;

/* Bursts with pauses: to be met at any point by others, without filling the disk. */
static inline void *churn(void *arg)
{
	(void)arg;
	while (!stop_churning) {
		socket_work();
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
	return NULL;
}

enum { CHURNERS = 2 };
static pthread_t churners[CHURNERS];

static inline void start_churning(void)
{
	for (int i = 0; i < CHURNERS; i++)
		EXPECT(!pthread_create(&churners[i], NULL, churn, NULL));
}

static inline void end_churning(void)
{
	stop_churning = true;
	for (int i = 0; i < CHURNERS; i++)
		pthread_join(churners[i], NULL);
}

/* Waits for a child that must have ended so. */
static inline void wait_status(pid_t child, int expected)
{
	int status;

	while (waitpid(MUST(child), &status, 0) < 0)
		EXPECT(errno == EINTR);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == expected);
}
