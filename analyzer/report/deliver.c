/* From a report to what becomes of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/cli/command.h"
#include "analyzer/base/hash.h"
#include "analyzer/report/outputs.h"
#include "analyzer/base/util.h"

static void note_unused(void *context, const char *line)
{
	report_note(context, xasprintf("the suppression %s matched nothing", line));
}

struct print {
	const char *text;
	unsigned n;
	UT_hash_handle hh;
};

static void count_twins(struct report *report)
{
	struct print *all = NULL, *print, *next;
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		HASH_FIND_STR(all, item->fingerprint, print);
		if (!print) {
			print = xcalloc(1, sizeof *print);
			print->text = item->fingerprint;
			HASH_ADD_KEYPTR(hh, all, print->text, strlen(print->text), print);
		}
		item->twin = print->n++;
	}
	HASH_ITER (hh, all, print, next) {
		HASH_DEL(all, print);
		free(print);
	}
}

/* Whether any item fails. */
static bool judge_items(const struct settings *settings, struct report *report)
{
	bool any = false;
	report->has_baseline = settings->baseline.n > 0;
	for (size_t i = 0; i < report->n_items; i++) {
		struct report_item *item = &report->items[i];
		const struct finding *finding = item->finding;
		item->suppressed |= suppressions_match(settings->suppressions.all, finding->code, item->stacks);
		item->known |= baseline_has(settings->baseline.all, item->fingerprint);
		report->has_baseline |= item->known;
		item->fails = !item->suppressed && !item->known &&
			      (settings->fail_severity[finding->severity] || settings->fail_code[finding->code]);
		any |= item->fails;
	}
	return any;
}

enum delivered deliver(const struct settings *settings, struct report *report, FILE *main_output)
{
	count_twins(report);
	bool fails = judge_items(settings, report);
	suppressions_unused(settings->suppressions.all, note_unused, report);
	if (outputs_write(settings, report, main_output) < 0)
		return DELIVERED_NOT;
	return fails						? DELIVERED_FAILING
	       : report->incomplete.n && !report->allow_dropped ? DELIVERED_INCOMPLETE
								: DELIVERED_CLEAN;
}

int delivered_status(const struct settings *settings, enum delivered delivered, int failed)
{
	switch (delivered) {
	case DELIVERED_NOT: return failed;
	case DELIVERED_FAILING: return settings->error_exitcode;
	case DELIVERED_INCOMPLETE: return STATUS_INCOMPLETE;
	case DELIVERED_CLEAN: break;
	}
	return 0;
}
