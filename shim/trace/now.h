/* The time of a trace's lines.
 * Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_NOW_H
#define SHIM_TRACE_NOW_H

#include "shim/kernel/watch.h"

#include <stdint.h>

/* CLOCK_MONOTONIC in ns. Each value is given out once in a process: a total order that follows happens-before. */
uint64_t trace_now(void);

/* The last value given out. */
extern uint64_t trace_last __attribute__((visibility("hidden")));

/* trace_now() for inlining where most lines come from. */
static inline __attribute__((always_inline)) uint64_t trace_now_here(void)
{
	struct timespec ts;
	sys_clock(CLOCK_MONOTONIC, &ts);
	uint64_t now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	uint64_t seen = __atomic_load_n(&trace_last, __ATOMIC_RELAXED), next;
	do
		next = now > seen ? now : seen + 1;
	while (!__atomic_compare_exchange_n(&trace_last, &seen, next, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return next;
}

/* The same for lines that are rarely written: uses the coarse clock and writes nothing that threads share. It may lag by
 * some ms but is later than every value given out before; the same value may be returned more than once. */
static inline uint64_t trace_about_now(void)
{
	uint64_t clock = watch_clock(), least = __atomic_load_n(&trace_last, __ATOMIC_RELAXED) + 1;
	return clock > least ? clock : least;
}

#endif
