/* Connections whose connect no call but a poll finishes, by each of the calls that can.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static inline void by_poll(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLOUT};

	EXPECT(poll(&at, 1, -1) == 1 && at.revents == POLLOUT);
}

static inline void by_ppoll(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLOUT};

	EXPECT(ppoll(&at, 1, NULL, NULL) == 1 && at.revents == POLLOUT);
}

static inline void by_select(int fd)
{
	fd_set out;

	FD_ZERO(&out);
	FD_SET(fd, &out);
	EXPECT(select(fd + 1, NULL, &out, NULL, NULL) == 1);
}

static inline void by_epoll(int fd)
{
	int epoll = MUST(epoll_create1(EPOLL_CLOEXEC));
	struct epoll_event event = {.events = EPOLLOUT};

	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	EXPECT(epoll_wait(epoll, &event, 1, -1) == 1 && event.events == EPOLLOUT);
	close(epoll);
}

enum { POLLS = 4 };
static void (*const polls[POLLS])(int fd) = {by_poll, by_ppoll, by_select, by_epoll};

/* ends[0] is connected, ends[1] was accepted. */
static inline void polled_connection(void (*finish)(int fd), int ends[2])
{
	struct sockaddr_in at;
	int fd = listener(&at);

	ends[0] = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	EXPECT(connect(ends[0], (struct sockaddr *)&at, sizeof at) == -1 && errno == EINPROGRESS);
	finish(ends[0]);
	ends[1] = MUST(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	close(fd);
}
