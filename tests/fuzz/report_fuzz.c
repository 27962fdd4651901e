/* Fuzzes the readers of JSON reports: baselines, and merge with all that it writes.
 *
 * What is folded does not depend on the order, and folding it once more changes nothing. A form feed parts two reports.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/deliver.h"
#include "analyzer/report/merge.h"
#include "analyzer/base/util.h"
#include "tests/fuzz/fuzz.h"

struct piece {
	const char *text;
	size_t n;
};

/* The merged report as JSON, to be freed; NULL: one of the pieces is refused. */
static char *merged(const struct piece *first, const struct piece *second, size_t *n)
{
	struct merge *merge = merge_new();
	char *why = merge_add(merge, "first", first->text, first->n), *text = NULL;
	if (!why && second)
		why = merge_add(merge, "second", second->text, second->n);
	if (!why) {
		struct report report = merge_report(merge);
		FILE *out = memstream(&text, n);
		EXPECT(report_json(out, &report) == 0, "no JSON is written");
		fclose(out);
		merge_report_free(&report);
	}
	free(why);
	merge_free(merge);
	return text;
}

static void expect_same(const char *what, char *a, char *b)
{
	EXPECT(a && b && strcmp(a, b) == 0, "%s:\n%s\n%s", what, a, b);
	free(b);
}

static void check_merge(const struct piece *first, const struct piece *second)
{
	size_t n, n_other;
	char *text = merged(first, second, &n);
	if (!text)
		return;
	expect_report(FORMAT_json, text, n);
	struct piece again = {text, n};
	expect_same("expected the same after another merge", text, merged(&again, NULL, &n_other));
	if (second)
		expect_same("expected the same in another order", text, merged(second, first, &n_other));
	free(text);
}

/* In one of the other formats, with a baseline. */
static void check_delivery(const struct piece *first, const struct piece *second, uint32_t hash)
{
	static struct captured captured;
	struct delivery delivery = {
		.outputs.format = (enum report_format)(hash % FORMAT_COUNT),
		.full_stacks = hash & 0x100,
		.criteria.suppressions = suppressions_new(),
		.criteria.baseline = baseline_new(),
	};
	struct merge *merge = merge_new();
	char *why = merge_add(merge, "first", first->text, first->n);
	char *refused = baseline_add(delivery.criteria.baseline, "baseline", (second ? second : first)->text,
				     (second ? second : first)->n);
	if (!why) {
		EXPECT(second || !refused, "merge takes what a baseline may not be: %s", refused);
		struct report report = merge_report(merge);
		fuzz_capture(&captured);
		enum delivered delivered = deliver(&delivery, &report, stdout);
		fuzz_release();
		EXPECT(delivered != DELIVERED_NOT, "the report is not written");
		EXPECT(second || report.n_items == 0 || report.items[0].known, "expected a report to know its own");
		expect_report(delivery.outputs.format, captured.output.text, captured.output.n);
		merge_report_free(&report);
	} else {
		char *safe = safe_text(why);
		expect_safe("the refusal", safe, strlen(safe));
		free(safe);
	}
	free(why);
	free(refused);
	merge_free(merge);
	suppressions_free(delivery.criteria.suppressions);
	baseline_free(delivery.criteria.baseline);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return json_mutate(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t hash = fuzz_hash(data, size);
	const uint8_t *part = size ? memchr(data, '\f', size) : NULL;
	size_t n = part ? (size_t)(part - data) : size, n_second = part ? size - n - 1 : 0;
	char *first_text = fuzz_text(data, n), *second_text = part ? fuzz_text(part + 1, n_second) : NULL;
	struct piece first = {first_text, n}, second = {second_text, n_second};
	if (hash & 0x200)
		check_merge(&first, part ? &second : NULL);
	else
		check_delivery(&first, part ? &second : NULL, hash);
	free(first_text);
	free(second_text);
	fuzz_forget();
	return 0;
}
