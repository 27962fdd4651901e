/* The data that the script of the HTML page draws: the report, and the lives of descriptors, as one JSON object.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HTML_DATA_H
#define SOCKSAN_ANALYZER_HTML_DATA_H

#include "analyzer/report/html_tables.h"
#include "analyzer/report/report_data.h"

/* What its parts need to be written. */
struct page {
	FILE *out;
	const struct report *report;
	struct page_tables *tables;
	struct page_process *processes; /* their numbers */
	int64_t t0;			/* ns: times are relative to this one */
};

/* The index of a process in "processes"; -1: it is not there. */
int64_t page_process(const struct page *page, const struct traced_process *process);

/* Writes the value of "timeline" or, if no lives were recorded, the reason. */
void page_timeline(const struct page *page);

/* Writes the whole object. */
void page_data(FILE *out, const struct report *report);

/* "3 errors, 1 warning, 12 open", to be freed: short enough for a title. */
char *page_verdict(const struct report *report);

/* The command of the report's first process, quoted for a shell, to be freed; NULL: none is known. */
char *page_command(const struct report *report);

/* When that started, "2026-11-27 21:04 UTC", to be freed; NULL: it is not known. */
char *page_date(const struct report *report);

#endif
