/* How a number changes over time, in finer detail the nearer to the present. Memory use hardly grows with the length of time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TREND_H
#define SOCKSAN_ANALYZER_TREND_H

#include <stddef.h>
#include <stdint.h>

enum { TREND_SAMPLES = 128 };

struct trend {
	int64_t t[TREND_SAMPLES];      /* ns, ascending */
	uint64_t least[TREND_SAMPLES]; /* the minimum from then to the next sample */
	size_t used;
};

/* The number is `n` from time `t` on. */
void trend_add(struct trend *trend, int64_t t, uint64_t n);

/* The number of consecutive windows, up to the last one, which ends at `now`, over which the minimum grew from window to window. So what
 * comes and goes does not count. Each window is at least `window` ns long, and no longer than the precision kept of that time requires. */
unsigned trend_grew(const struct trend *trend, int64_t now, int64_t window);

#endif
