/* The files that matter most: see overview.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/overview.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/report/source_location.h"

enum { ROWS = 10 };

struct overview_row {
	char *key;
	enum violation code;
	enum severity severity;
	char *file; /* or the module; NULL: no stack has a frame */
	uint64_t count;
	size_t places, order;
	UT_hash_handle hh;
};

bool item_is_told(const struct report_item *item)
{
	return !item->suppressed && !item->known && item->finding->severity != SEVERITY_NOTE;
}

bool is_by_signal(const struct report_item *item)
{
	const struct finding *finding = item->finding;
	return finding->code == VIOLATION_never_closed && finding->severity == SEVERITY_WARNING && !item->fails &&
	       !item->suppressed && !item->known && finding->signalled &&
	       (finding->cause == CAUSE_in_use || finding->cause == CAUSE_listener);
}

bool item_is_shown(const struct report_item *item) { return item_is_told(item) && !is_by_signal(item); }

void print_by_signal(FILE *out, const struct report *report)
{
	uint64_t in_use = 0, listeners = 0;
	struct int_set pids = {0};
	bool sockets_alone = true;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct finding *finding = report->items[i].finding;
		if (!is_by_signal(&report->items[i]))
			continue;
		*(finding->cause == CAUSE_listener ? &listeners : &in_use) += finding->count;
		sockets_alone &= finding->kind == KIND_socket;
		int_set_add_all(&pids, &finding->pids);
	}
	int_set_settle(&pids);
	if (pids.n == 1)
		fprintf(out, "process %lld was", (long long)pids.values[0]);
	else
		fprintf(out, "%zu processes were", pids.n);
	fprintf(out,
		" ended by a signal with %ss open: %llu in use, %llu listening (--fail-on=warning shows where they "
		"were opened)",
		sockets_alone ? "socket" : "descriptor", (unsigned long long)in_use, (unsigned long long)listeners);
	free(pids.values);
}

size_t items_shown(const struct report *report)
{
	size_t n = 0;
	for (size_t i = 0; i < report->n_items; i++)
		n += item_is_shown(&report->items[i]);
	return n;
}

static char *file_of(const struct report_item *item)
{
	const struct symbol *place = item_location(item);
	if (!place)
		return NULL;
	char *path = place->file ? repo_path(place->file) : NULL;
	return path ? path : xstrdup(place->file ? place->file : place->module ? place->module : "unmapped");
}

static void add_item(struct overview_row **rows, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	char *file = file_of(item), *key = xasprintf("%d %s", (int)finding->code, file ? file : "");
	struct overview_row *row;
	HASH_FIND_STR(*rows, key, row);
	if (row) {
		free(file);
		free(key);
	} else {
		row = xcalloc(1, sizeof *row);
		*row = (struct overview_row){.key = key,
					     .code = finding->code,
					     .severity = finding->severity,
					     .file = file,
					     .order = HASH_COUNT(*rows)};
		HASH_ADD_KEYPTR(hh, *rows, row->key, strlen(row->key), row);
	}
	row->severity = finding->severity < row->severity ? finding->severity : row->severity;
	row->count = sum(row->count, finding->count);
	row->places++;
}

static int compare_rows(const struct overview_row *a, const struct overview_row *b)
{
	COMPARE(a->severity, b->severity);
	COMPARE(b->count, a->count);
	COMPARE(a->order, b->order);
	return 0;
}

void print_overview(FILE *out, const struct report *report)
{
	struct overview_row *rows = NULL, *row, *next;
	size_t n = 0;
	for (size_t i = 0; i < report->n_items; i++)
		if (item_is_shown(&report->items[i]))
			add_item(&rows, &report->items[i]);
	HASH_SORT(rows, compare_rows);
	fprintf(out, "%10s  %-16s places  file\n", "times", "code");
	HASH_ITER (hh, rows, row, next) {
		if (n++ < ROWS) {
			fprintf(out, "%10llu  %-16s %6zu  ", (unsigned long long)row->count, violations[row->code].slug,
				row->places);
			print_safe(out, row->file ? row->file : "(no stack)");
			fputc('\n', out);
		}
		HASH_DEL(rows, row);
		free(row->file);
		free(row->key);
		free(row);
	}
	if (n > ROWS)
		fprintf(out, "%10s  and %zu more\n", "...", n - ROWS);
	fputc('\n', out);
}
