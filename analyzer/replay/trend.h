/* How a number has moved over time, the finer the nearer to the present: in memory that hardly grows, however long that is.
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
	uint64_t least[TREND_SAMPLES]; /* from then to the next */
	size_t used;
};

/* It is `n` from `t` on. */
void trend_add(struct trend *trend, int64_t t, uint64_t n);

/* From how many windows to the next, without a break, the least that it was has grown; the last ends at `now`. What comes and goes does not
 * count so. Each is at least `window` ns long, and no longer than what is known of that time makes it. */
unsigned trend_grew(const struct trend *trend, int64_t now, int64_t window);

#endif
