/* Waits for new files in folders.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/fleet/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

int folder_watch_new(const char *const *paths, size_t n)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (size_t i = 0; watch >= 0 && i < n; i++)
		(void)inotify_add_watch(watch, paths[i], IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	return watch;
}

void folder_watch_wait(int watch, int64_t ns)
{
	static const struct timespec rest = {.tv_nsec = 10000000}; /* where files come all the time */
	struct pollfd news = {.fd = watch, .events = POLLIN};
	char events[4096];
	if (poll(&news, 1, (int)(ns / 1000000)) <= 0)
		return;
	while (read(watch, events, sizeof events) > 0)
		;
	nanosleep(&rest, NULL);
}
