/* Kernel queries, made only when an earlier event suggests that they matter: whether a peer is gone, how long a program would wait, how
 * close the process is to its descriptor limit. Safe in any thread and in signal handlers; they leave errno alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_WATCH_H
#define SHIM_WATCH_H

#include "shim/kernel/sys.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC_COARSE in ns: takes a few ns to read, and is a few ms behind. */
static inline uint64_t watch_clock(void)
{
	struct timespec ts;
	sys_clock(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Whether the kernel has a peer for it: getpeername(2). */
bool watch_connected(int fd);

/* How long a stream that was connecting has been connected, in ns, according to the kernel; -1: it is not. */
int64_t watch_connected_for(int fd);

/* Whether there is nothing more to read, now or later. */
bool watch_ended(int fd);

/* Whether a write now must fail because the peer is gone. */
bool watch_peer_gone(int fd);

/* How long the peer of a TCP socket has been gone at least, in ns; 0 if it is not, or that is unknown. */
uint64_t watch_close_wait(int fd);

/* Whether, according to the kernel, the program wrote to a TCP socket or read from it, by any path. */
bool watch_moved(int fd);

/* The timeout that the program set for reading or writing, in ns; 0 for none. */
uint64_t watch_timeout(int fd, bool writing);

/* Count an open socket descriptor more or less. The first returns whether 90 % of the descriptor limit has just been reached. */
extern int watch_sockets __attribute__((visibility("hidden"))), watch_mark __attribute__((visibility("hidden"))),
	watch_episode __attribute__((visibility("hidden")));
bool watch_passed(int open) __attribute__((cold));
void watch_receded(void) __attribute__((cold));
static inline bool watch_opened(void)
{
	int before = __atomic_fetch_add(&watch_sockets, 1, __ATOMIC_RELAXED);
	return __builtin_expect(before >= __atomic_load_n(&watch_mark, __ATOMIC_RELAXED), 0) &&
	       watch_passed(before + 1);
}
static inline void watch_closed(void)
{
	__atomic_fetch_sub(&watch_sockets, 1, __ATOMIC_RELAXED);
	if (__builtin_expect(__atomic_load_n(&watch_episode, __ATOMIC_RELAXED), 0))
		watch_receded();
}
void watch_count(int open); /* a forked child starts with a count of its own */
unsigned watch_open(void);
void watch_limit(void); /* the limit has changed: the next one that is opened asks for it again */

/* A descriptor of a high number has come: the next watch_opened() or watch_high() looks whether that is near the limit, by watch_near(). */
void watch_look(void);
void watch_high(void);

/* What is to be done near the limit of descriptors, and when there is none left; by whom it is called is as of hooked paths. NULL: nothing. */
extern void (*watch_near)(void) __attribute__((visibility("hidden")));
extern void (*watch_out)(void) __attribute__((visibility("hidden")));

/* A call failed: whether it is EMFILE or ENFILE, and news. */
bool watch_exhausted(int error);

#endif
