/* A trace with bounds, as those see it who carry on what is open: see segments.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_BOUNDS_H
#define SHIM_TRACE_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

/* Since when events go to segments, of which the oldest are removed; UINT64_MAX: not yet. */
extern uint64_t trace_bounded __attribute__((visibility("hidden")));
static inline uint64_t trace_bounds(void) { return __atomic_load_n(&trace_bounded, __ATOMIC_RELAXED); }

/* Where the trace is. */
struct trace_bounds {
	uint64_t number; /* of the present segment */
	uint64_t since;	 /* no line of this time or later is in one before `number` - 1; 0: that is not known yet */
	uint64_t bytes, round; /* of events, and how many more of them a round may take */
	bool due;	       /* a round is to begin */
	bool all;	       /* and to end at once */
};

/* Called each time when a thread has filled a block: a round writes a line for each descriptor that is open, some of them at each call. Once it
 * is over, trace_carried() says up to which segment all that is open has a line in a later one. */
extern void (*trace_carry)(const struct trace_bounds *);
void trace_carried(uint64_t number);

#endif
