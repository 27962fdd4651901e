/* The time of a trace's lines: see now.h; clock_gettime(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/now.h"

#include <stdbool.h>

uint64_t trace_last;

uint64_t trace_now(void)
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
