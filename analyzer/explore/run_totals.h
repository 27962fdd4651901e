/* The totals of all runs of an exploration.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_RUN_TOTALS_H
#define SOCKSAN_ANALYZER_RUN_TOTALS_H

#include <jansson.h>

/* What is added up, by its name in "totals" of a report. */
enum { TOTAL_PROCESSES, TOTAL_SOCKETS, TOTAL_EVENTS, TOTAL_DROPPED, TOTAL_TORN, TOTALS };

struct run_totals {
	json_int_t sums[TOTALS], open_peak;
};

/* Adds those of a run; NULL: it has no report. */
void run_totals_add(struct run_totals *all, const json_t *report);

/* The values of "totals" and "incomplete" in the report of the exploration. */
json_t *run_totals_json(const struct run_totals *all);
json_t *run_totals_incomplete(const struct run_totals *all);

#endif
