/* Places that seem to leak while their process runs on.
 *
 * A place is suspect when what it has open grew in each of the last windows, when what is old there is idle, and when others of the place were
 * closed before they were as old. Without those, the peers of what is old must be gone, or the growth last longer. Caches and pools, which fill
 * up and stay, do not grow; what is in use is not idle; where connections live long by their nature, those that were closed did. Idle is what
 * the program has done nothing with but data calls, and the kernel saw no byte on; of what the kernel does not tell that, such as a Unix socket,
 * only what cannot be in use any more counts, or never was: a stream socket that was not connected.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_SUSPECT_H
#define SOCKSAN_ANALYZER_JUDGE_SUSPECT_H

#include "analyzer/replay/lives.h"

enum { SUSPECT_WINDOWS = 5, SUSPECT_LONG = 10 };

/* When that is, and how long a window. */
struct suspecting {
	int64_t now, window; /* ns, CLOCK_MONOTONIC */
	bool looked;	     /* at what the kernel says */
};

/* Whether a place of a running process is suspect. */
bool suspect_place(struct suspecting *suspecting, const struct traced_process *process, const struct origin *origin);

/* Whether one that is open is among those for which its place is suspect. */
bool suspect_life(struct suspecting *suspecting, const struct socket_life *life);

#endif
