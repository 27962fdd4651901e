/* The number of open sockets of one place over time: see origin.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/origin.h"

#include <stdlib.h>

#include "analyzer/base/util.h"

/* No history is kept of a place that has fewer. */
enum { SOME = 3 };

static void halve(struct origin *origin)
{
	size_t n = (origin->n + 1) / 2;
	for (size_t i = 0; i < n; i++)
		origin->growth[i] = origin->growth[2 * i + 1 < origin->n ? 2 * i + 1 : origin->n - 1];
	origin->n = n;
	origin->step *= 2;
}

void origin_change(struct origin *origin, int64_t t, int change)
{
	if (!origin->step)
		origin->step = 1000000000;
	if (t < 0)
		t = 0;
	while (t / origin->step >= GROWTH_STEPS)
		halve(origin);
	size_t now = (size_t)(t / origin->step);
	while (origin->n <= now)
		origin->growth[origin->n++] = origin->open;
	origin->open += (uint64_t)(int64_t)change;
	origin->growth[origin->n - 1] = origin->open;
	if (!origin->trend && origin->open >= SOME) {
		origin->trend = xcalloc(1, sizeof *origin->trend);
		trend_add(origin->trend, 0, 0);
	}
	if (origin->trend)
		trend_add(origin->trend, t, origin->open);
}

void origin_clear(struct origin *origin)
{
	free(origin->trend);
	origin->trend = NULL;
}

void origin_closed(struct origin *origin, int64_t opened, bool second, int64_t fd)
{
	origin->closed++;
	origin->sibling = fd;
	if (opened > origin->outlived[second])
		origin->outlived[second] = opened;
}

void origin_lost(struct origin *origin, int64_t opened, bool second, int64_t closed)
{
	if (!origin->lost++ || opened < origin->first_lost)
		origin->first_lost = opened;
	if (opened > origin->last_lost)
		origin->last_lost = opened;
	if (closed) {
		origin->longest = closed - opened > origin->longest ? closed - opened : origin->longest;
		origin->overtaken |= opened < origin->outlived[second];
	} else if (!origin->first_kept[second] || opened < origin->first_kept[second]) {
		origin->first_kept[second] = opened;
	}
}

bool origin_outlived(const struct origin *origin)
{
	bool outlived = origin->overtaken;
	for (int end = 0; end < 2; end++)
		outlived |= origin->first_kept[end] && origin->first_kept[end] < origin->outlived[end];
	return outlived;
}
