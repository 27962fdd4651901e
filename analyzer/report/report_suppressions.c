/* The report as lines for --suppressions: one for each violation that none matches yet, with a comment that describes it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/suppress.h"
#include "analyzer/symbols/user_code.h"
#include "analyzer/base/util.h"

/* A line, and the comments of all violations that it is for. */
struct generated {
	char *line; /* the key */
	char *comments;
	size_t n;
	FILE *out; /* to them */
	UT_hash_handle hh;
};

/* The frame that called a place's frame, in the same language; NULL: a program, a thread or a callback starts there. */
static const struct symbol *caller(const struct report_item *item, const struct symbol *place)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct symbols *stack = item->stacks[role];
		for (size_t i = 0; stack && i + 1 < stack->n; i++) {
			if (&stack->list[i] != place)
				continue;
			const struct symbol *above = &stack->list[i + 1];
			return above->lang != place->lang || (above->module && is_part_of_c(above->module)) ? NULL
													    : above;
		}
	}
	return NULL;
}

/* "<module>", "<lambda>" */
static bool is_no_name(const char *function) { return !*function || *function == '<'; }

/* Whether it can be used in a line unchanged. */
static bool fits_a_line(const char *function)
{
	char *safe = safe_text(function);
	bool fits = strcmp(safe, function) == 0 && !strstr(function, " #");
	free(safe);
	return fits;
}

/* The function of the place, so that the line survives changes around it. A function that everything is called from, such as main, would
 * hide too much. */
static bool function_will_do(const struct report_item *item, const struct symbol *place)
{
	const char *function = place ? place->function : NULL;
	if (!function || is_no_name(function) || !fits_a_line(function))
		return false;
	const char *colon = strrchr(function, ':');
	if (strcmp(colon ? colon + 1 : function, "main") == 0)
		return false;
	const struct symbol *above = caller(item, place);
	return above && !(above->function && is_no_name(above->function));
}

static char *line_for(const struct report_item *item)
{
	const struct symbol *place = item_location(item);
	char *pattern = function_will_do(item, place) ? xasprintf("^%s$", place->function) : suppression_exact(item);
	char *line = xasprintf("%s:%s", violations[item->finding->code].slug, pattern);
	free(pattern);
	return line;
}

/* "# TCP socket still open when the process ended --> server.c:7 in accept_one [0123456789abcdef]" */
static void write_comment(FILE *out, const struct report_item *item)
{
	const struct symbol *place = item_location(item);
	fprintf(out, "# %s", item->known ? "known: " : "");
	print_safe(out, item->finding->message);
	if (place) {
		fputs(" --> ", out);
		print_location(out, place);
		if (place->function) {
			fputs(" in ", out);
			print_safe(out, place->function);
		}
	}
	fprintf(out, " [%s]\n", item->fingerprint);
}

static void generate(struct generated **all, const struct report_item *item)
{
	char *line = line_for(item);
	struct generated *entry;
	HASH_FIND_STR(*all, line, entry);
	if (entry) {
		free(line);
	} else {
		entry = xcalloc(1, sizeof *entry);
		entry->line = line;
		entry->out = memstream(&entry->comments, &entry->n);
		HASH_ADD_KEYPTR(hh, *all, entry->line, strlen(entry->line), entry);
	}
	write_comment(entry->out, item);
}

int report_suppressions(FILE *out, const struct report *report)
{
	struct generated *all = NULL, *entry, *next;
	for (size_t i = 0; i < report->n_items; i++)
		if (!report->items[i].suppressed)
			generate(&all, &report->items[i]);
	HASH_ITER (hh, all, entry, next) {
		fclose(entry->out);
		fprintf(out, "%s%s\n", entry->comments, entry->line);
		HASH_DEL(all, entry);
		free(entry->comments);
		free(entry->line);
		free(entry);
	}
	for (size_t i = 0; i < report->n_notes; i++) {
		fputs("# note: ", out);
		print_safe(out, report->notes[i]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < report->incomplete.n; i++) {
		fputs("# incomplete: ", out);
		print_safe(out, report->incomplete.list[i].message);
		fputc('\n', out);
	}
	fputs("# socksan: ", out);
	text_summary(out, report);
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}
