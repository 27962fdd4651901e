/* What fails: see criteria.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/criteria.h"

#include "analyzer/report/by_design.h"
#include "analyzer/base/util.h"

static void note_unused(void *context, const char *line)
{
	report_note(context, xasprintf("the suppression %s matched nothing", line));
}

bool criteria_apply(const struct criteria *criteria, struct report *report)
{
	bool any = false;
	report->has_baseline = criteria->has_baseline;
	report->allow_dropped = criteria->allow_dropped;
	baseline_apply(criteria->baseline, report);
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		const struct finding *finding = item->finding;
		bool by_user = suppressions_match(criteria->suppressions, item);
		item->by_design = by_user || criteria->no_defaults ? NULL : by_design(item);
		item->suppressed |= by_user || item->by_design;
		report->has_baseline |= item->known;
		item->fails = !item->suppressed && !item->known && finding->severity != SEVERITY_NOTE &&
			      (criteria->fail_severity[finding->severity] || criteria->fail_code[finding->code]);
		any |= item->fails;
	}
	suppressions_unused(criteria->suppressions, note_unused, report);
	return any;
}
