/* The title of the HTML page: the command, its date, the verdict.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <time.h>

#include "analyzer/base/util.h"
#include "analyzer/report/html_data.h"

static void print_part(FILE *out, const char **comma, uint64_t n, const char *one)
{
	if (!n)
		return;
	fputs(*comma, out);
	print_count(out, n, one);
	*comma = ", ";
}

char *page_verdict(const struct report *report)
{
	uint64_t counts[SEVERITIES] = {0}, known = 0, open = 0;
	const char *comma = "";
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		if (item->known && !item->suppressed)
			known += item->finding->count;
		else if (!item->suppressed)
			counts[item->finding->severity] += item->finding->count;
	}
	for (size_t i = 0; i < report->n_open; i++)
		open = sum(open, report->open[i].sockets);
	print_part(out, &comma, counts[SEVERITY_ERROR], "error");
	print_part(out, &comma, counts[SEVERITY_WARNING], "warning");
	if (!*comma) {
		fputs(!report->observed ? "nothing was observed" : known ? "no new violations" : "no violations", out);
		comma = ", ";
	}
	if (open)
		fprintf(out, "%s%llu open now", comma, (unsigned long long)open);
	if (report->incomplete.n)
		fprintf(out, "%sincomplete", comma);
	fclose(out);
	return text;
}

/* The first process that no other one in the report started. */
static const struct traced_process *first_process(const struct report *report)
{
	for (const struct traced_process *process = report->processes; process; process = process->next)
		if (!process->parent && (process->n_argv || process->exe))
			return process;
	return report->processes;
}

/* An argument quoted for a shell: what a page shows may be copied into one. */
static void print_argument(FILE *out, const char *argument)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	char *safe = safe_text(argument);
	if (*safe && !safe[strspn(safe, plain)]) {
		fputs(safe, out);
	} else {
		fputc('\'', out);
		for (const char *c = safe; *c; c++)
			if (*c == '\'')
				fputs("'\\''", out);
			else
				fputc(*c, out);
		fputc('\'', out);
	}
	free(safe);
}

char *page_command(const struct report *report)
{
	const struct traced_process *process = first_process(report);
	char *text;
	size_t n;
	if (!process || (!process->n_argv && !process->exe))
		return NULL;
	FILE *out = memstream(&text, &n);
	for (size_t i = 0; i < process->n_argv; i++) {
		fputs(i ? " " : "", out);
		print_argument(out, process->argv[i]);
	}
	if (!process->n_argv)
		print_argument(out, process->exe);
	fclose(out);
	return text;
}

char *page_date(const struct report *report)
{
	const struct traced_process *process = first_process(report);
	struct tm tm;
	char text[40];
	time_t seconds = process ? (time_t)(process->wall / 1000000000) : 0;
	if (seconds <= 0 || !gmtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm))
		return NULL;
	return xstrdup(text);
}
