/* The report for GitLab's Code Quality: the part of Code Climate's issues that GitLab reads, one for each violation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/json_text.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"

/* Where the violation is shown: a path without a line is shown at line 1. */
static json_t *location_json(const struct report_item *item)
{
	const struct symbol *place = item_location(item);
	const struct traced_process *process = item->finding->process;
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

/* No two may be the same. */
static char *fingerprint_text(const struct report_item *item)
{
	return item->twin ? xasprintf("%s-%u", item->fingerprint, item->twin + 1) : xstrdup(item->fingerprint);
}

/* Its fingerprint depends only on the reason, and on how many before it have the same one. */
static json_t *incomplete_json(const struct report *report, size_t i)
{
	static const struct symbols *const no_stacks[ROLE_COUNT];
	const struct incomplete *one = &report->incomplete.list[i];
	const struct traced_process *process = report->processes;
	char print[FINGERPRINT_SIZE], *reason = xasprintf("socksan-incomplete %s", one->why);
	unsigned twin = 1;
	for (size_t j = 0; j < i; j++)
		twin += strcmp(report->incomplete.list[j].why, one->why) == 0;
	while (process && process->pid != one->pid)
		process = process->next;
	fingerprint(reason, no_stacks, print);
	char *number = twin > 1 ? xasprintf("%s-%u", print, twin) : xstrdup(print);
	char *path = process && process->exe && *process->exe ? repo_path(process->exe) : NULL;
	const char *file = path ? path : process && process->exe && *process->exe ? process->exe : "unknown";
	json_t *issue =
		json_pack("{s:s, s:s, s:[s], s:o, s:s, s:s, s:{s:o, s:{s:i, s:i}}}", "type", "issue", "check_name",
			  "socksan-incomplete", "categories", "Bug Risk", "description", json_safe_text(one->message),
			  "severity", report->allow_dropped ? "info" : "major", "fingerprint", number, "location",
			  "path", json_text(file), "lines", "begin", 1, "end", 1);
	free(path);
	free(number);
	free(reason);
	return issue;
}

int report_gitlab(FILE *out, const struct report *report)
{
	json_t *issues = json_array();
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		const struct finding *finding = item->finding;
		if (item->suppressed || finding->severity == SEVERITY_NOTE)
			continue;
		char *print = fingerprint_text(item);
		char *text = finding->count > 1 ? xasprintf("%s (%s%llu times)", finding->message,
							    finding_bound(finding), (unsigned long long)finding->count)
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
	for (size_t i = 0; i < report->incomplete.n; i++)
		json_array_append_new(issues, incomplete_json(report, i));
	return json_write(out, issues);
}
