/* Places that seem to leak while their process is running.
 *
 * A place is suspect when the number of its open descriptors grew in each of the last windows, when its old ones are idle, and when others
 * of the place were closed at a younger age. If none were closed, the peers of the old ones must be gone, or the growth must last longer.
 * Caches and pools, which fill up and stay full, do not grow; what is in use is not idle; where connections are long-lived by nature, so
 * were those that were closed. A descriptor is idle if the program made only data calls on it, and the kernel saw no byte on it; where the
 * kernel cannot tell, as for a Unix socket, only what can no longer be in use counts, or a stream socket that was never connected.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_SUSPECT_H
#define SOCKSAN_ANALYZER_JUDGE_SUSPECT_H

#include "analyzer/replay/lives.h"

enum { SUSPECT_WINDOWS = 5, SUSPECT_LONG = 10 };

/* The time of the judgement, and the length of a window. */
struct suspecting {
	int64_t now, window; /* ns, CLOCK_MONOTONIC */
	bool looked;	     /* when the kernel was asked */
};

/* Whether a place of a running process is suspect. */
bool suspect_place(struct suspecting *suspecting, const struct traced_process *process, const struct origin *origin);

/* Whether an open descriptor is one of those that make its place suspect. */
bool suspect_life(struct suspecting *suspecting, const struct socket_life *life);

#endif
