/* How a number changes over time: see trend.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/trend.h"

/* Samples closer together than NEAR are merged; when space runs short, older ones are thinned to gaps of a PART-th of their age. */
#define NEAR INT64_C(20000000)
enum { PART = 8 };

static uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void move(struct trend *trend, size_t to, size_t from)
{
	trend->t[to] = trend->t[from];
	trend->least[to] = trend->least[from];
}

static void thin(struct trend *trend, int64_t part)
{
	size_t kept = 1, last = trend->used - 1;
	for (size_t i = 1; i < last; i++) {
		int64_t age = trend->t[last] - trend->t[i + 1];
		if (trend->t[i + 1] - trend->t[kept - 1] <= age / part)
			trend->least[kept - 1] = lesser(trend->least[kept - 1], trend->least[i]);
		else
			move(trend, kept++, i);
	}
	move(trend, kept++, last);
	trend->used = kept;
}

static void forget_first(struct trend *trend)
{
	for (size_t i = 1; i < trend->used; i++)
		move(trend, i - 1, i);
	trend->used--;
}

void trend_add(struct trend *trend, int64_t t, uint64_t n)
{
	if (trend->used && t - trend->t[trend->used - 1] < NEAR) {
		trend->least[trend->used - 1] = lesser(trend->least[trend->used - 1], n);
		return;
	}
	for (int64_t part = PART; trend->used == TREND_SAMPLES && part; part /= 2)
		thin(trend, part);
	if (trend->used ==
	    TREND_SAMPLES) /* each is as far from the next as all before it together: then the first says the least */
		forget_first(trend);
	trend->t[trend->used] = t;
	trend->least[trend->used++] = n;
}

unsigned trend_grew(const struct trend *trend, int64_t now, int64_t window)
{
	unsigned grew = 0;
	uint64_t later = UINT64_MAX; /* the minimum in the window after the current one */
	for (size_t i = trend->used; i > 0;) {
		uint64_t least = UINT64_MAX;
		int64_t start = now - window;
		do
			least = lesser(least, trend->least[--i]);
		while (i > 0 && trend->t[i] > start);
		if (trend->t[i] > start || least >= later)
			break;
		grew += later != UINT64_MAX;
		later = least;
		now = trend->t[i];
	}
	return grew;
}
