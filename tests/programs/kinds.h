/* A descriptor of each kind, by its name.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_KINDS_H
#define TESTS_KINDS_H

#include "program.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

/* The lowest free number; what else a maker makes is closed again. */
static inline int make_kind(const char *kind)
{
	if (!strcmp(kind, "socket"))
		return MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (!strcmp(kind, "file"))
		return MUST(open("/dev/null", O_RDWR | O_CLOEXEC));
	if (!strcmp(kind, "dir"))
		return MUST(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (!strcmp(kind, "pipe")) {
		int ends[2];
		MUST(pipe2(ends, O_CLOEXEC));
		close(ends[1]);
		return ends[0];
	}
	if (!strcmp(kind, "epoll"))
		return MUST(epoll_create1(EPOLL_CLOEXEC));
	if (!strcmp(kind, "eventfd"))
		return MUST(eventfd(0, EFD_CLOEXEC));
	if (!strcmp(kind, "timerfd"))
		return MUST(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
	if (!strcmp(kind, "signalfd")) {
		sigset_t none;
		sigemptyset(&none);
		return MUST(signalfd(-1, &none, SFD_CLOEXEC));
	}
	if (!strcmp(kind, "inotify"))
		return MUST(inotify_init1(IN_CLOEXEC));
	if (!strcmp(kind, "memfd"))
		return MUST(memfd_create("kinds", MFD_CLOEXEC));
	if (!strcmp(kind, "pidfd"))
		return (int)MUST(syscall(SYS_pidfd_open, getpid(), 0));
	if (!strcmp(kind, "terminal"))
		return MUST(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (!strcmp(kind, "other")) { /* what the kernel lets this user have */
		char params[120] = {0};
		int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */);
		if (fd < 0)
			fd = (int)syscall(SYS_io_uring_setup, 1, params);
		if (fd >= 0)
			return fd;
	}
	fprintf(stderr, "no kind %s\n", kind);
	exit(2);
}

#endif
