/* The report for GitLab's Code Quality: the part of Code Climate's issues that GitLab reads, one for each violation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/json_text.h"
#include "analyzer/place.h"
#include "analyzer/report_data.h"
#include "analyzer/util.h"

/* What the violation is shown at: a path without a line is shown at its first. */
static json_t *location_json(const struct report_item *item)
{
	const struct symbol *place = item_place(item);
	const struct process *process = item->finding->process;
	const char *file = place && place->file			      ? place->file
			   : place && place->module		      ? place->module
			   : process && process->exe && *process->exe ? process->exe
								      : "unknown";
	int line = place && place->file && place->line > 0 ? place->line : 1;
	char *path = repo_path(file);
	json_t *location = json_pack("{s:o, s:{s:i, s:i}}", "path", json_text(path ? path : file), "lines", "begin",
				     line, "end", line);
	free(path);
	return location;
}

/* No two may have the same. */
static char *fingerprint_text(const struct report_item *item)
{
	return item->twin ? xasprintf("%s-%u", item->fingerprint, item->twin + 1) : xstrdup(item->fingerprint);
}

int report_gitlab(FILE *out, const struct report *report)
{
	json_t *issues = json_array();
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		const struct finding *finding = item->finding;
		if (item->suppressed)
			continue;
		char *print = fingerprint_text(item);
		char *text = finding->count > 1 ? xasprintf("%s (%llu times)", finding->message,
							    (unsigned long long)finding->count)
						: xstrdup(finding->message);
		const char *severity = item->known ? "info" : finding->severity == SEVERITY_ERROR ? "major" : "minor";
		json_array_append_new(issues,
				      json_pack("{s:s, s:s, s:[s], s:o, s:s, s:s, s:o}", "type", "issue", "check_name",
						violations[finding->code].slug, "categories", "Bug Risk", "description",
						json_safe_text(text), "severity", severity, "fingerprint", print,
						"location", location_json(item)));
		free(text);
		free(print);
	}
	return json_write(out, issues);
}
