/* For the programs whose threads meet inside calls: start one, and wait until it sleeps in a system call.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <sys/syscall.h>

struct worker {
	pthread_t thread;
	void (*body)(int fd);
	int fd;
	pid_t tid;
};

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	__atomic_store_n(&worker->tid, gettid(), __ATOMIC_RELEASE);
	worker->body(worker->fd);
	return NULL;
}

/* A thread that runs body(fd). */
static inline void start(struct worker *worker, void (*body)(int fd), int fd)
{
	*worker = (struct worker){.body = body, .fd = fd};
	EXPECT(pthread_create(&worker->thread, NULL, run_worker, worker) == 0);
}

/* Wait until the thread sleeps in this system call. */
static inline void until_inside(struct worker *worker, long call)
{
	for (long now = -1; now != call; usleep(1000)) {
		pid_t tid = __atomic_load_n(&worker->tid, __ATOMIC_ACQUIRE);
		char path[64];
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)tid);
		if (tid == 0 || !(file = fopen(path, "r")))
			continue;
		if (fscanf(file, "%ld", &now) != 1)
			now = -1; /* running */
		fclose(file);
	}
}

static inline void join(struct worker *worker) { EXPECT(pthread_join(worker->thread, NULL) == 0); }
