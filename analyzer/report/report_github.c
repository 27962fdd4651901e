/* The report as annotations of GitHub Actions: a workflow command for each new violation, which the runner shows at its line; and the job
 * summary.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/report/github.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/overview.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"

/* A step's summary may have 1 MiB; a longer one is not shown at all. */
enum { MOST_SUMMARY = 1 << 20 };

/* -- annotations ---------------------------------------------------------------------------------------------- */

/* Text in a command, whose special characters are written as %XX; properties have more of them. */
static void print_escaped(FILE *out, const char *text, const char *specials)
{
	for (; *text; text++) {
		if (strchr(specials, *text))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, out);
	}
}

static void print_property(FILE *out, const char *name, const char *value)
{
	char *safe = safe_text(value);
	fprintf(out, "%s=", name);
	print_escaped(out, safe, "%\r\n:,");
	free(safe);
}

/* The text without trailing newlines. */
static void print_message(FILE *out, char *text)
{
	for (size_t n = strlen(text); n > 0 && text[n - 1] == '\n';)
		text[--n] = 0;
	print_escaped(out, text, "%\r\n");
	fputc('\n', out);
}

/* The properties of a place, and a comma. */
static void print_file(FILE *out, const struct symbol *place)
{
	if (place && place->file) {
		char *path = repo_path(place->file);
		print_property(out, "file", path ? path : place->file);
		if (place->line > 0)
			fprintf(out, ",line=%d", place->line);
		fputc(',', out);
		free(path);
	}
}

static void print_item(FILE *out, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct symbol *place = item_location(item);
	char *title = xasprintf("SockSan: %s", violations[finding->code].slug), *lines;
	size_t n;
	fprintf(out, "::%s ", severity_name(finding->severity));
	print_file(out, place);
	print_property(out, "title", title);
	fputs("::", out);
	FILE *text = memstream(&lines, &n);
	text_item(text, item);
	fclose(text);
	print_message(out, lines);
	free(lines);
	free(title);
}

/* What a running process has open is for information, not a mistake yet. */
static void print_open(FILE *out, const struct open_place *place)
{
	char *lines;
	size_t n;
	fputs("::notice ", out);
	print_file(out, place->opened ? symbols_location(place->opened) : NULL);
	print_property(out, "title", "SockSan: open");
	fputs("::", out);
	FILE *text = memstream(&lines, &n);
	text_open(text, place);
	fclose(text);
	print_message(out, lines);
	free(lines);
}

int report_github(FILE *out, const struct report *report)
{
	for (size_t i = 0; i < report->n_items; i++)
		if (item_is_told(&report->items[i]))
			print_item(out, &report->items[i]);
	for (size_t i = 0; i < report->n_open; i++)
		print_open(out, &report->open[i]);
	for (size_t i = 0; i < report->incomplete.n; i++) {
		char *safe = safe_text(report->incomplete.list[i].message);
		fprintf(out, "::%s ", report->allow_dropped ? "warning" : "error");
		print_property(out, "title", "SockSan: incomplete");
		fputs("::", out);
		print_message(out, safe);
		free(safe);
	}
	for (size_t i = 0; i < report->n_notes; i++) {
		char *safe = safe_text(report->notes[i]);
		fputs(report->observed ? "::notice title=SockSan::" : "::warning title=SockSan::", out);
		print_message(out, safe);
		free(safe);
	}
	fputs("socksan: ", out);
	text_summary(out, report);
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}

/* -- the job's summary ---------------------------------------------------------------------------------------- */

const char *github_summary_path(void)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	return path && *path ? path : NULL;
}

int github_summary_write(const struct report *report)
{
	struct stat st;
	char *text = NULL;
	size_t n = 0, done = 0;
	int result = -1, fd = open(github_summary_path(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return -1;
	FILE *out = memstream(&text, &n);
	size_t room = fstat(fd, &st) == 0 && st.st_size < MOST_SUMMARY ? (size_t)(MOST_SUMMARY - st.st_size) : 0;
	if (markdown_write(out, report, room) == 0 && fclose(out) == 0) {
		/* In one write, since other commands of the step may append theirs. */
		while (done < n) {
			ssize_t wrote = write(fd, text + done, n - done);
			if (wrote < 0 && errno != EINTR)
				break;
			done += wrote > 0 ? (size_t)wrote : 0;
		}
		result = done == n ? 0 : -1;
	}
	if (close(fd) != 0)
		result = -1;
	free(text);
	return result;
}
