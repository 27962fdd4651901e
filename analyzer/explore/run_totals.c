/* The totals of all runs of an exploration: see run_totals.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/explore/run_totals.h"

#include <stdlib.h>

#include "analyzer/base/util.h"

static const char *const names[TOTALS] = {"processes", "sockets", "events", "dropped", "torn"};

void run_totals_add(struct run_totals *all, const json_t *report)
{
	const json_t *totals = json_object_get(report, "totals");
	json_int_t peak = json_integer_value(json_object_get(totals, "open_peak"));
	for (int i = 0; i < TOTALS; i++)
		all->sums[i] += json_integer_value(json_object_get(totals, names[i]));
	if (peak > all->open_peak)
		all->open_peak = peak;
}

json_t *run_totals_json(const struct run_totals *all)
{
	json_t *totals = json_pack("{s:I, s:{}}", "open_peak", all->open_peak, "by_code");
	for (int i = 0; i < TOTALS; i++)
		json_object_set_new(totals, names[i], json_integer(all->sums[i]));
	return totals;
}

json_t *run_totals_incomplete(const struct run_totals *all)
{
	json_int_t dropped = all->sums[TOTAL_DROPPED];
	if (!dropped)
		return json_array();
	char *words = xasprintf("%lld events of its runs were not recorded: what they did wrong may be missing",
				(long long)dropped);
	json_t *array = json_pack("[{s:s, s:I, s:s}]", "why", "dropped", "count", dropped, "message", words);
	free(words);
	return array;
}
