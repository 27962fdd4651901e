/* What the programs for `socksan explore` are built on. It handles every failure, and --skip=scaffold leaves it out: what is explored is the
 * function that the program is about. explore_NAME.h has the mistake if FIXED is 0; the corrected twin sets FIXED to 1.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>

#ifndef FIXED
#define FIXED 0
#endif

/* Ends with a message, as a program does that was told of a failure. */
static inline int scaffold_failed(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	return 1;
}

/* A listener of the kernel's choice; -1: there is none. */
static inline int scaffold_listener(struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd >= 0 && !bind(fd, (struct sockaddr *)at, len) && !listen(fd, 8) &&
	    !getsockname(fd, (struct sockaddr *)at, &len))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static inline int scaffold_dial(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !connect(fd, (const struct sockaddr *)at, sizeof *at))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Two ends of a connection over the network, which may break at any time. */
static inline int scaffold_pair(int ends[2])
{
	struct sockaddr_in at;
	int l = scaffold_listener(&at);

	ends[0] = l < 0 ? -1 : scaffold_dial(&at);
	ends[1] = ends[0] < 0 ? -1 : accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (l >= 0)
		close(l);
	if (ends[1] < 0 && ends[0] >= 0)
		close(ends[0]);
	return ends[1] < 0 ? -1 : 0;
}

static inline void scaffold_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static inline int scaffold_send(int fd, const char *text)
{
	size_t done = 0, n = strlen(text);

	while (done < n) {
		ssize_t more = send(fd, text + done, n - done, MSG_NOSIGNAL);
		if (more < 0)
			return -1;
		done += (size_t)more;
	}
	return 0;
}

static inline void scaffold_on_signal(int signal) { (void)signal; }

/* A signal may now end a call that waits. */
static inline void scaffold_interruptible(void)
{
	struct sigaction action = {.sa_handler = scaffold_on_signal};

	sigaction(SIGUSR1, &action, NULL);
}
