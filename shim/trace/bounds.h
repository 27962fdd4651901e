/* The bounds of a trace, as seen by the code that carries on open descriptors: see segments.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_BOUNDS_H
#define SHIM_TRACE_BOUNDS_H

#include "shim/state/joined.h"

#include <stdbool.h>
#include <stdint.h>

/* Since when closed sockets are counted by place, because segments with their lines may be removed; UINT64_MAX: not
 * yet. */
extern uint64_t trace_bounded __attribute__((visibility("hidden")));
static inline uint64_t trace_bounds(void) { return JOINED(trace_bounded); }

/* How far the trace has come. */
struct trace_bounds {
	uint64_t number;       /* of the present segment */
	uint64_t since;	       /* lines of this time or later are in segment `number` - 1 or later; 0: not known yet */
	uint64_t bytes, round; /* of events so far; and of the events a round may take */
	bool due;	       /* a round should begin */
	bool all;	       /* and finish at once */
};

/* Called each time a thread has filled a block. A round writes a line for each open descriptor, some of them in each
 * call. When it ends, trace_carried() says up to which segment every open descriptor has a line in a later one. */
extern void (*trace_carry)(const struct trace_bounds *);
void trace_carried(uint64_t number);

#endif
