/* What a trace with bounds keeps of the lines it drops, see shim/trace/segments.h: a `checkpoint` line for each open
 * descriptor, a `place` line for each place that made closed sockets, and the lines of violations with the lives they
 * are about.
 * Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CARRY_H
#define SHIM_CARRY_H

#include "shim/trace/trace.h"
#include "shim/track/event.h"
#include "shim/track/fdtable.h"
#include "shim/track/pool.h"

#include <stdbool.h>
#include <stdint.h>

/* For the constructor; and for a forked child, whose trace begins anew. */
void carry_init(void);
void carry_forget(void);

/* Releases one descriptor, as socket_drop(), and adds a closed socket to the sums of the place that made it. `t`: when
 * it was closed. Returns whether it was the socket's last descriptor. */
bool carry_drop_counted(fd_word w);
static inline bool carry_drop(fd_word w, uint64_t t)
{
	if (__builtin_expect(t > trace_bounds(), 0))
		return carry_drop_counted(w);
	watch_closed();
	return pool_give(w);
}

/* Call before the line of a violation or long wait, `code`. Returns whether that line is to be kept; if so, a line
 * about the life has been kept already. */
bool carry_life(int fd, uint64_t sock, enum violation code);

/* Writes the sums of each place, with the number still open. Call before the last line, with a rank that lasts; and
 * before an exec, whose program may leave room for events only, so among the lines that last. */
void carry_places(enum trace_rank);

#endif
