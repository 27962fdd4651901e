/* For the programs that wait in epoll: a set, what is put into it, and what it hands out.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "program.h"

#include <sys/epoll.h>

static inline void put_in(int set, int fd, unsigned events, epoll_data_t data)
{
	struct epoll_event event = {.events = events, .data = data};

	MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

static inline void take_out(int set, int fd) { MUST(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL)); }

/* The one event that is there within so many ms; data.u64 is 0 when there is none. */
static inline struct epoll_event next_event(int set, int timeout)
{
	struct epoll_event event = {0};

	EXPECT(MUST(epoll_wait(set, &event, 1, timeout)) <= 1);
	return event;
}

/* Whether the set now hands out an event with this number as its data. */
static inline int hands_out(int set, int fd) { return next_event(set, 0).data.u64 == (uint64_t)fd; }

/* The number itself as the data, the whole of it. */
static inline epoll_data_t number(int fd) { return (epoll_data_t){.u64 = (uint64_t)fd}; }

static inline void say(int fd) { EXPECT(send(fd, "x", 1, 0) == 1); }
