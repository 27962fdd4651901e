/* Applies the criteria to a report and writes it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/deliver.h"

#include "analyzer/base/util.h"
#include "analyzer/report/companions.h"
#include "analyzer/report/twins.h"

static void add_totals(struct report *report, const struct replay_totals *beyond)
{
	if (!beyond)
		return;
	struct replay_totals *totals = &report->totals;
	totals->processes = sum(totals->processes, beyond->processes);
	totals->sockets = sum(totals->sockets, beyond->sockets);
	totals->events = sum(totals->events, beyond->events);
	report->observed |= totals->processes > 0;
}

enum delivered deliver(const struct delivery *delivery, struct report *report, FILE *main_output)
{
	add_totals(report, delivery->beyond);
	report_settle_hosts(report);
	count_twins(report);
	report->max = delivery->max;
	bool fails = criteria_apply(&delivery->criteria, report);
	find_companions(report);
	if (outputs_write(&delivery->outputs, report, delivery->into ? delivery->into : main_output) < 0)
		return DELIVERED_NOT;
	return fails && !delivery->forgiving			? DELIVERED_FAILING
	       : report->incomplete.n && !report->allow_dropped ? DELIVERED_INCOMPLETE
								: DELIVERED_CLEAN;
}
