/* From a report to what becomes of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/deliver.h"

#include "analyzer/outputs.h"
#include "analyzer/util.h"

static void note_unused(void *context, const char *line)
{
	report_note(context, xasprintf("the suppression %s matched nothing", line));
}

/* Whether any item fails. */
static bool judge_items(const struct settings *settings, struct report *report)
{
	bool any = false;
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		const struct finding *finding = item->finding;
		item->suppressed |= suppressions_match(settings->suppressions.all, finding->code, item->stacks);
		item->known |= baseline_has(settings->baseline.all, item->fingerprint);
		item->fails = !item->suppressed && !item->known &&
			      (settings->fail_severity[finding->severity] || settings->fail_code[finding->code]);
		any |= item->fails;
	}
	return any;
}

int deliver(const struct settings *settings, struct report *report, FILE *main_output)
{
	bool fails = judge_items(settings, report);
	suppressions_unused(settings->suppressions.all, note_unused, report);
	return outputs_write(settings, report, main_output) < 0 ? -1 : fails;
}
