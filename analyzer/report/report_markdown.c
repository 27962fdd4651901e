/* The report as markdown, for comments and job summaries. Nothing from a trace can become markup, a link or a mention: data is in fenced
 * blocks whose fence is longer than any in it, or has its punctuation escaped.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/github.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"

/* A line of plain text. A backslash does not keep GitHub from taking @name as a person and #1 as an issue; code does. */
static void print_plain(FILE *out, const char *text)
{
	char *safe = safe_text(text);
	for (const char *c = safe; *c; c++)
		fprintf(out, *c == '@' || *c == '#' ? "`%c`" : ispunct((unsigned char)*c) ? "\\%c" : "%c", *c);
	free(safe);
}

/* Lines, unchanged. */
static void print_fenced(FILE *out, const char *lines)
{
	size_t fence = 3;
	for (const char *c = lines; *c; c++) {
		size_t n = strspn(c, "`");
		if (n >= fence)
			fence = n + 1;
		c += n > 0 ? n - 1 : 0;
	}
	size_t n = strlen(lines);
	while (n > 0 && lines[n - 1] == '\n')
		n--;
	char *mark = memset(xcalloc(fence + 1, 1), '`', fence);
	fprintf(out, "%stext\n%.*s\n%s\n\n", mark, (int)n, lines, mark);
	free(mark);
}

/* The summary line of a fold: it is HTML, in which markdown does not apply, but GitHub still looks for people and issues. */
static void print_html(FILE *out, const char *text)
{
	char *safe = safe_text(text);
	for (const char *c = safe; *c; c++) {
		if (strchr("@#", *c))
			fprintf(out, "<code>%c</code>", *c);
		else
			fprintf(out, strchr("<>&\"'", *c) ? "&#%d;" : "%c", *c);
	}
	free(safe);
}

static void print_item(FILE *out, const struct report_item *item, bool open)
{
	const struct finding *finding = item->finding;
	const struct symbol *place = item_location(item);
	char *lines, *path = place && place->file ? repo_path(place->file) : NULL;
	size_t n;
	fprintf(out, "<details%s><summary>%s <code>%s</code>: ", open ? " open" : "",
		item->suppressed ? "suppressed"
		: item->known	 ? "known"
				 : severity_name(finding->severity),
		violations[finding->code].slug);
	print_html(out, finding->message);
	if (finding->count > 1)
		fprintf(out, " (%s%llu times)", finding_bound(finding), (unsigned long long)finding->count);
	if (path || (place && place->file)) {
		fputs(" <code>", out);
		print_html(out, path ? path : place->file);
		if (place->line > 0)
			fprintf(out, ":%d", place->line);
		fputs("</code>", out);
	}
	fputs("</summary>\n\n", out);
	FILE *text = memstream(&lines, &n);
	text_item(text, item);
	fclose(text);
	print_fenced(out, lines);
	fputs("</details>\n", out);
	free(lines);
	free(path);
}

/* The items that are new, known or suppressed, as requested: as many as fit. */
static void print_items(FILE *out, const struct report *report, bool known, bool suppressed, size_t *room)
{
	size_t left = 0;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		if (item->suppressed != suppressed || (!suppressed && item->known != known) ||
		    (item->finding->severity == SEVERITY_NOTE && !suppressed && !known))
			continue;
		char *piece;
		size_t n;
		FILE *text = memstream(&piece, &n);
		print_item(text, item, item->fails);
		fclose(text);
		if (n <= *room) {
			fputs(piece, out);
			*room -= n;
		} else {
			left++;
			*room = 0;
		}
		free(piece);
	}
	if (left)
		fprintf(out, "\n%zu more%s, for which there is no room here.\n", left,
			suppressed ? " are suppressed"
			: known	   ? " are known"
				   : "");
}

/* Counted items in one line: codes and numbers, to keep it short. */
static void print_notes(FILE *out, const struct report *report)
{
	char *line;
	size_t n;
	FILE *text = memstream(&line, &n);
	bool any = text_notes(text, report);
	fclose(text);
	if (any) {
		fputc('\n', out);
		print_plain(out, line);
		fputc('\n', out);
	}
	free(line);
}

/* A line for each place. */
static void print_open(FILE *out, const struct report *report, size_t *room)
{
	for (size_t i = 0; i < report->n_open; i++) {
		const struct open_place *place = &report->open[i];
		const struct symbol *at = place->opened ? symbols_location(place->opened) : NULL;
		char *line;
		size_t n;
		FILE *text = memstream(&line, &n);
		fprintf(text, "open in process %lld: ", (long long)place->process->pid);
		print_open_heading(text, place);
		fputs(", ", text);
		print_open_states(text, place);
		fputs("; over time: ", text);
		print_open_growth(text, place);
		if (at) {
			fputs("; at ", text);
			print_location(text, at);
		}
		fclose(text);
		if (4 * n + 8 <= *room) {
			fputs("- ", out);
			print_plain(out, line);
			fputc('\n', out);
			*room -= 4 * n + 8;
		}
		free(line);
	}
	fputs(report->n_open ? "\n" : "", out);
}

static void print_explored(FILE *out, const struct explored *explored, size_t *room)
{
	char *lines;
	size_t n;
	if (!explored)
		return;
	FILE *text = memstream(&lines, &n);
	explored_text(text, explored);
	fclose(text);
	if (n + 16 <= *room) {
		print_fenced(out, lines);
		*room -= n + 16;
	}
	free(lines);
}

int markdown_write(FILE *out, const struct report *report, size_t room)
{
	enum { ROOM_FOR_THE_REST = 4096 };
	fputs("### SockSan: ", out);
	text_summary(out, report);
	fputs("\n\n", out);
	for (size_t i = 0; i < report->incomplete.n; i++) {
		size_t most = 4 * strlen(report->incomplete.list[i].message) + 32;
		if (most > room)
			break;
		room -= most;
		fputs("Incomplete: ", out);
		print_plain(out, report->incomplete.list[i].message);
		fputs("\n\n", out);
	}
	room = room > ROOM_FOR_THE_REST ? room - ROOM_FOR_THE_REST : 0;
	size_t notes = room / 4;
	for (size_t i = 0; i < report->n_notes; i++) {
		size_t most = 4 * strlen(report->notes[i]) + 8;
		if (most > notes)
			break;
		notes -= most;
		room -= most;
		fputs("- ", out);
		print_plain(out, report->notes[i]);
		fputc('\n', out);
	}
	fputs(report->n_notes ? "\n" : "", out);
	print_open(out, report, &room);
	print_explored(out, report->explored, &room);
	print_items(out, report, false, false, &room);
	print_notes(out, report);
	print_items(out, report, true, false, &room);
	print_items(out, report, false, true, &room);
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}

int report_markdown(FILE *out, const struct report *report) { return markdown_write(out, report, SIZE_MAX); }
