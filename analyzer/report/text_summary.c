/* Summary lines that several formats share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/util.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/text_style.h"

/* "12 violations in code that is not your own, or in what it keeps for later, without evidence of harm: 9 never-closed, 3 leaked-to-exec, the
 * first at service.js:10 in ask" */
bool text_notes(FILE *out, const struct report *report)
{
	uint64_t all = 0, by_code[CODES] = {0};
	bool own = false;
	const struct symbol *place = NULL;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		if (item->finding->severity != SEVERITY_NOTE || item->suppressed || item->known)
			continue;
		by_code[item->finding->code] += item->finding->count;
		all += item->finding->count;
		own |= item->finding->own;
		place = place ? place : item_place(item);
	}
	if (!all)
		return false;
	print_count(out, all, "violation");
	fputs(own ? " of little weight:"
		  : " in code that is not your own, or in what it keeps for later, without evidence of harm:",
	      out);
	for (int code = VIOLATION_none + 1, n = 0; code < CODES; code++)
		if (by_code[code])
			fprintf(out, "%s %llu %s", n++ ? "," : "", (unsigned long long)by_code[code],
				violations[code].slug);
	if (place) {
		fputs(all > 1 ? ", the first at " : " at ", out);
		text_frame(out, place);
	}
	fputs(own ? " (all of them are in the JSON report)"
		  : " (all of them are in the JSON report; run --strict shows them)",
	      out);
	return true;
}

void text_summary(FILE *out, const struct report *report)
{
	uint64_t counts[SEVERITIES] = {0}, known = 0, suppressed = 0, by_default = 0;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		uint64_t *kind = item->suppressed ? &suppressed
				 : item->known	  ? &known
						  : &counts[item->finding->severity];
		*kind += item->finding->count;
		by_default += item->by_design ? item->finding->count : 0;
	}
	uint64_t errors = counts[SEVERITY_ERROR], warnings = counts[SEVERITY_WARNING];
	if (!report->observed) {
		fputs("nothing was observed", out);
		return;
	}
	if (errors)
		print_count(out, errors, "error");
	if (warnings) {
		fputs(errors ? " and " : "", out);
		print_count(out, warnings, "warning");
	}
	if (!errors && !warnings)
		fputs(known || suppressed ? "no new violations" : "no violations", out);
	if (counts[SEVERITY_NOTE]) {
		fputs(errors || warnings ? ", " : " but ", out);
		print_count(out, counts[SEVERITY_NOTE], "note");
	}
	if (known)
		fprintf(out, ", %llu known", (unsigned long long)known);
	if (suppressed)
		fprintf(out, ", %llu suppressed", (unsigned long long)suppressed);
	if (by_default)
		fprintf(out, " (%llu by default)", (unsigned long long)by_default);
	/* What is unknown is no clean bill of health. */
	fputs(errors || warnings || !report->incomplete.n ? " in " : " in what was recorded of ", out);
	print_count(out, report->totals.processes, "process");
	fputs(", ", out);
	print_count(out, report->totals.sockets, "socket");
	if (report->totals.open_peak)
		fprintf(out, " (at most %llu %sopen at once%s)", (unsigned long long)report->totals.open_peak,
			report->totals.open_peak > report->totals.sockets ? "descriptors " : "",
			report->totals.processes > 1 ? " in one process" : "");
	fputs(", ", out);
	print_count(out, report->totals.events, "event");
	uint64_t dropped = sum(report->totals.dropped, report->lost);
	if (dropped)
		fprintf(out, ", %llu dropped", (unsigned long long)dropped);
	if (report->torn) {
		fputs(", ", out);
		print_count(out, report->torn, "torn line");
	}
}
