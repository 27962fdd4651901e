/* What a trace with bounds keeps of what it drops, see shim/trace/segments.h: a `checkpoint` line for each descriptor that is open, a `place` line for
 * each place that opened what is closed, and the lines of violations with the lives they tell of.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CARRY_H
#define SHIM_CARRY_H

#include "shim/trace/trace.h"
#include "shim/track/event.h"
#include "shim/track/fdtable.h"

#include <stdbool.h>
#include <stdint.h>

/* For the constructor, and for a forked child, whose trace begins anew. */
void carry_init(void);
void carry_forget(void);

/* Counts one descriptor less, as socket_drop(), and what is over by that for the place that opened it. `t`: when it was closed. */
bool carry_drop_counted(fd_word w);
static inline bool carry_drop(fd_word w, uint64_t t)
{
	if (__builtin_expect(t > trace_bounds(), 0))
		return carry_drop_counted(w);
	watch_closed();
	return socket_unref(w);
}

/* Something is not well with a life, by the code: whether its line is to be kept. If so the trace has been told of the life, as it is before that
 * line. */
bool carry_life(int fd, uint64_t sock, enum violation code);

/* What is over by now, and how many are not. Before the last line; before another program, whose events may be all that there is room for, among what lasts. */
void carry_places(enum trace_rank);

#endif
