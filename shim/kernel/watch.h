/* What a call alone cannot tell, learnt from the kernel where a sign says that it is worth asking: whether a peer is gone, how long a
 * program would wait, how near the limit of descriptors is.
 * All of it is safe in any thread and in signal handlers, and leaves errno alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_WATCH_H
#define SHIM_WATCH_H

#include "shim/kernel/sys.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC_COARSE in ns: a few ns to read, some ms off. */
static inline uint64_t watch_clock(void)
{
	struct timespec ts;
	sys_clock(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Whether the kernel knows a peer of it: getpeername(2). */
bool watch_connected(int fd);

/* For how long a stream that was connecting is connected, in ns, as far as the kernel tells; -1: it is not. */
int64_t watch_connected_for(int fd);

/* Whether there is nothing more to read, now or later. */
bool watch_ended(int fd);

/* Whether a write now must fail, the peer being gone. */
bool watch_peer_gone(int fd);

/* For how long at least the peer of a TCP socket has been gone, in ns; 0 when it is not, or not known. */
uint64_t watch_close_wait(int fd);

/* Whether the kernel knows of bytes that the program wrote to a TCP socket or read from it, by whatever path. */
bool watch_moved(int fd);

/* The timeout that the program set for reading or writing, in ns; 0 for none. */
uint64_t watch_timeout(int fd, bool writing);

/* Counts an open socket descriptor more or less. The first says whether the limit of descriptors has just come near: 90 % of it. */
bool watch_opened(void);
void watch_closed(void);
void watch_count(int open); /* a forked child counts anew */
unsigned watch_open(void);

/* A descriptor of a high number has come: the next watch_opened() or watch_high() looks whether that is near the limit, by watch_near(). */
void watch_look(void);
void watch_high(void);

/* What is to be done near the limit of descriptors, and when there is none left; by whom it is called is as of hooked paths. NULL: nothing. */
extern void (*watch_near)(void) __attribute__((visibility("hidden")));
extern void (*watch_out)(void) __attribute__((visibility("hidden")));

/* A call failed: whether it is EMFILE or ENFILE, and news. */
bool watch_exhausted(int error);

#endif
