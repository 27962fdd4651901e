/* The report as lines for --suppressions: one for each violation that none matches yet, with a comment that describes it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/suppress_line.h"
#include "analyzer/base/util.h"

/* A line, and the comments of all violations that it is for. */
struct generated {
	char *line; /* the key */
	char *comments;
	size_t n;
	FILE *out; /* to them */
	UT_hash_handle hh;
};

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
	char *line = suppression_line(item);
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
