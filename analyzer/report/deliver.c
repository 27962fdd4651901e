/* Applies the criteria to a report and writes it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/deliver.h"

#include "analyzer/report/companions.h"
#include "analyzer/report/twins.h"

enum delivered deliver(const struct delivery *delivery, struct report *report, FILE *main_output)
{
	count_twins(report);
	report->max = delivery->max;
	bool fails = criteria_apply(&delivery->criteria, report);
	find_companions(report);
	if (outputs_write(&delivery->outputs, report, main_output) < 0)
		return DELIVERED_NOT;
	return fails						? DELIVERED_FAILING
	       : report->incomplete.n && !report->allow_dropped ? DELIVERED_INCOMPLETE
								: DELIVERED_CLEAN;
}
