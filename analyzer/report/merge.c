/* Folds many JSON reports into one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/merge.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/base/hash.h"
#include "analyzer/report/merge_explored.h"
#include "analyzer/report/merge_keys.h"
#include "analyzer/report/process_index.h"
#include "analyzer/base/util.h"

/* A violation. */
struct merged_item {
	char *key;  /* equal for violations that are the same */
	char *rank; /* the smallest determines the details of the occurrence shown */
	struct read_item *read;
	struct run_count *runs; /* which reports had it */
	size_t n_runs;
	UT_hash_handle hh;
};

struct merged_note {
	char *text;
	UT_hash_handle hh;
};

/* What a running process has open. */
struct running {
	char *rank; /* orders them */
	struct read_open read;
};

struct merge {
	struct merged_item *entries;
	struct merged_note *notes;
	struct traced_process *processes;
	struct running *open;
	size_t n_open, cap_open;
	struct replay_totals totals;
	uint64_t torn;
	struct incompletes incomplete;
	struct explored *explored; /* NULL: no report was of `socksan explore` */
	json_t *faults;		   /* NULL: none */
	const char *host; /* of all processes of the report that is being taken; NULL: they have none in common */
	char **runs;	  /* the names of the reports */
	size_t n_runs, cap_runs;
};

struct merge *merge_new(void) { return xcalloc(1, sizeof(struct merge)); }

static void entry_free(struct merged_item *entry)
{
	if (entry->read)
		read_item_free(entry->read);
	free(entry->read);
	free(entry->key);
	free(entry->runs);
	free(entry->rank);
	free(entry);
}

static void drop_processes(struct traced_process *processes)
{
	struct traced_process *process, *next;
	LL_FOREACH_SAFE (processes, process, next) {
		free(process->argv);
		free(process);
	}
}

static void clear(struct merge *merge)
{
	struct merged_item *entry, *next_entry;
	struct merged_note *note, *next_note;
	HASH_ITER (hh, merge->entries, entry, next_entry) {
		HASH_DEL(merge->entries, entry);
		entry_free(entry);
	}
	HASH_ITER (hh, merge->notes, note, next_note) {
		HASH_DEL(merge->notes, note);
		free(note->text);
		free(note);
	}
	drop_processes(merge->processes);
	for (size_t i = 0; i < merge->n_open; i++) {
		free(merge->open[i].rank);
		read_open_free(&merge->open[i].read);
	}
	free(merge->open);
	for (size_t i = 0; i < merge->n_runs; i++)
		free(merge->runs[i]);
	free(merge->runs);
	incomplete_free(&merge->incomplete);
	merged_explored_free(merge->explored);
	json_decref(merge->faults);
}

void merge_free(struct merge *merge)
{
	clear(merge);
	free(merge);
}

/* -- adding --------------------------------------------------------------------------------------------------- */

static struct evidence evidence_sum(const struct evidence *a, const struct evidence *b)
{
	return (struct evidence){sum(a->opened, b->opened), sum(a->closed, b->closed),
				 sum(a->open, b->open),	    a->oldest > b->oldest ? a->oldest : b->oldest,
				 a->why | b->why,	    -1};
}

/* Folds one into the other, which keeps its details or gets those of the first. */
static void unite(struct merged_item *into, struct merged_item *from)
{
	if (strcmp(from->rank, into->rank) < 0) {
		struct read_item *read = into->read;
		char *rank = into->rank;
		into->read = from->read;
		into->rank = from->rank;
		from->read = read;
		from->rank = rank;
	}
	struct finding *a = &into->read->finding;
	const struct finding *b = &from->read->finding;
	a->count = sum(a->count, b->count);
	a->at_least |= b->at_least;
	if (b->severity < a->severity)
		a->severity = b->severity;
	a->own |= b->own;
	a->evidence = evidence_sum(&a->evidence, &b->evidence);
	if (b->kind < a->kind)
		a->kind = b->kind;
	int_set_add_all(&a->pids, &b->pids);
	text_set_add_all(&a->hosts, &b->hosts);
	int_set_add_all(&a->fds, &b->fds);
	into->read->item.known &= from->read->item.known;
	into->read->item.suppressed &= from->read->item.suppressed;
	injected_unite(&into->read->injected, &from->read->injected);
	into->read->item.injected = into->read->injected;
	if (from->n_runs)
		into->runs = xreallocarray(into->runs, into->n_runs + from->n_runs, sizeof *into->runs);
	for (size_t i = 0; i < from->n_runs; i++)
		into->runs[into->n_runs++] = from->runs[i];
}

static void add_entry(struct merge *merge, struct merged_item *entry)
{
	struct merged_item *there;
	HASH_FIND_STR(merge->entries, entry->key, there);
	if (there) {
		unite(there, entry);
		entry_free(entry);
	} else {
		HASH_ADD_KEYPTR(hh, merge->entries, entry->key, strlen(entry->key), entry);
	}
}

static void add_note(struct merge *merge, const char *text)
{
	struct merged_note *note;
	HASH_FIND_STR(merge->notes, text, note);
	if (note)
		return;
	note = xcalloc(1, sizeof *note);
	note->text = xstrdup(text);
	HASH_ADD_KEYPTR(hh, merge->notes, note->text, strlen(note->text), note);
}

/* Calls `read` for each element of an array, which may be absent. Returns NULL, or what is wrong, to be freed. */
static char *each(const json_t *report, const char *key, struct merge *merge,
		  char *(*read)(struct merge *, const json_t *))
{
	const json_t *array = json_object_get(report, key), *element;
	size_t i;
	if (array && !json_is_array(array))
		return xasprintf("\"%s\" is not an array", key);
	json_array_foreach(array, i, element)
	{
		char *why = read(merge, element);
		if (why) {
			char *full = xasprintf("%s[%zu]: %s", key, i, why);
			free(why);
			return full;
		}
	}
	return NULL;
}

static char *take_process(struct merge *merge, const json_t *json)
{
	struct traced_process *process = xcalloc(1, sizeof *process);
	char *why = read_process(json, process);
	if (!merge->processes)
		merge->host = process->host;
	else if (merge->host && (!process->host || strcmp(merge->host, process->host) != 0))
		merge->host = NULL;
	LL_PREPEND(merge->processes, process);
	return why;
}

static char *take_item(struct merge *merge, const json_t *json)
{
	struct merged_item *entry = xcalloc(1, sizeof *entry);
	entry->read = xcalloc(1, sizeof *entry->read);
	char *why = read_item(json, entry->read);
	if (!entry->read->finding.hosts.n) /* a report of one host says so of its processes alone */
		text_set_add(&entry->read->finding.hosts, merge->host);
	if (why) {
		entry_free(entry);
		return why;
	}
	entry->rank = item_rank(&entry->read->item);
	entry->key = item_key(&entry->read->item);
	add_entry(merge, entry);
	return NULL;
}

static char *take_note(struct merge *merge, const json_t *json)
{
	if (!json_is_string(json))
		return xstrdup("no string");
	add_note(merge, json_string_value(json));
	return NULL;
}

static char *take_open(struct merge *merge, const json_t *json)
{
	GROW(merge->open, merge->n_open, merge->cap_open);
	struct running *running = &merge->open[merge->n_open++];
	char *why = read_open(json, &running->read);
	running->rank = open_rank(&running->read);
	return why;
}

static void add_incomplete(struct merge *merge, const struct incomplete *one)
{
	for (size_t i = 0; i < merge->incomplete.n; i++)
		if (incomplete_compare(&merge->incomplete.list[i], one) == 0)
			return;
	incomplete_add(&merge->incomplete, one);
}

static char *take_incomplete(struct merge *merge, const json_t *json)
{
	struct incomplete one;
	char *why = read_incomplete(json, &one);
	if (!why)
		add_incomplete(merge, &one);
	return why;
}

static char *take_fault(struct merge *merge, const json_t *json)
{
	merge->faults = merge->faults ? merge->faults : json_array();
	return fault_add(merge->faults, json);
}

static char *take_totals(struct merge *merge, const json_t *report)
{
	json_int_t processes, sockets, events, dropped, torn, peak;
	json_error_t error;
	if (json_unpack_ex((json_t *)report, &error, 0, "{s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "totals", "processes",
			   &processes, "sockets", &sockets, "events", &events, "dropped", &dropped, "torn", &torn,
			   "open_peak", &peak) != 0)
		return xasprintf("totals: %s", error.text);
	if (processes < 0 || sockets < 0 || events < 0 || dropped < 0 || torn < 0 || peak < 0)
		return xstrdup("totals: a number below 0");
	merge->totals = (struct replay_totals){.processes = (uint64_t)processes,
					       .sockets = (uint64_t)sockets,
					       .events = (uint64_t)events,
					       .dropped = (uint64_t)dropped,
					       .open_peak = (uint64_t)peak};
	merge->torn = (uint64_t)torn;
	return NULL;
}

/* Moves everything over. */
static void absorb(struct merge *merge, struct merge *from)
{
	struct merged_item *entry, *next;
	struct merged_note *note;
	HASH_ITER (hh, from->entries, entry, next) {
		HASH_DEL(from->entries, entry);
		entry->runs = xcalloc(1, sizeof *entry->runs);
		*entry->runs = (struct run_count){merge->n_runs, entry->read->finding.count};
		entry->n_runs = 1;
		add_entry(merge, entry);
	}
	for (note = from->notes; note; note = note->hh.next)
		add_note(merge, note->text);
	for (size_t i = 0; i < from->incomplete.n; i++)
		add_incomplete(merge, &from->incomplete.list[i]);
	LL_CONCAT(from->processes, merge->processes);
	merge->processes = from->processes;
	from->processes = NULL;
	for (size_t i = 0; i < from->n_open; i++) {
		GROW(merge->open, merge->n_open, merge->cap_open);
		merge->open[merge->n_open++] = from->open[i];
	}
	from->n_open = 0;
	explored_unite(&merge->explored, from->explored);
	if (from->faults && merge->faults)
		json_array_extend(merge->faults, from->faults);
	else if (from->faults)
		merge->faults = json_incref(from->faults);
	merge->totals.processes = sum(merge->totals.processes, from->totals.processes);
	merge->totals.sockets = sum(merge->totals.sockets, from->totals.sockets);
	merge->totals.events = sum(merge->totals.events, from->totals.events);
	merge->totals.dropped = sum(merge->totals.dropped, from->totals.dropped);
	merge->torn = sum(merge->torn, from->torn);
	if (merge->totals.open_peak < from->totals.open_peak)
		merge->totals.open_peak = from->totals.open_peak;
}

char *merge_add(struct merge *merge, const char *name, const char *text, size_t n)
{
	char *why = NULL;
	struct merge one = {0};
	json_t *report = report_parse(name, text, n, &why);
	if (!report)
		return why;
	why = take_totals(&one, report);
	if (!why)
		why = each(report, "processes", &one, take_process);
	if (!why)
		why = each(report, "violations", &one, take_item);
	if (!why)
		why = each(report, "notes", &one, take_note);
	if (!why)
		why = each(report, "open", &one, take_open);
	if (!why)
		why = each(report, "incomplete", &one, take_incomplete);
	if (!why)
		why = each(report, "faults", &one, take_fault);
	if (!why)
		why = explored_read(report, &one.explored);
	json_decref(report);
	if (!why) {
		absorb(merge, &one);
		GROW(merge->runs, merge->n_runs, merge->cap_runs);
		merge->runs[merge->n_runs++] = xstrdup(name);
	}
	clear(&one);
	if (!why)
		return NULL;
	char *full = xasprintf("%s: %s", name, why);
	free(why);
	return full;
}

/* -- the report ----------------------------------------------------------------------------------------------- */

static int compare_entries(const struct merged_item *a, const struct merged_item *b)
{
	COMPARE(a->read->finding.severity, b->read->finding.severity);
	COMPARE(a->read->finding.code, b->read->finding.code);
	return strcmp(a->key, b->key);
}

static int compare_notes(const struct merged_note *a, const struct merged_note *b) { return strcmp(a->text, b->text); }

static int compare_running(const void *a, const void *b)
{
	const struct running *x = a, *y = b;
	COMPARE(y->read.place.age, x->read.place.age);
	return strcmp(x->rank, y->rank);
}

static bool all_signalled(const struct process_index *index, const struct int_set *pids)
{
	for (size_t i = 0; i < pids->n; i++) {
		const struct traced_process *process = process_index_find(index, pids->values[i]);
		if (!process || !process_signalled(process))
			return false;
	}
	return true;
}

struct report merge_report(struct merge *merge)
{
	LL_SORT(merge->processes, process_compare);
	HASH_SORT(merge->entries, compare_entries);
	HASH_SORT(merge->notes, compare_notes);
	if (merge->n_open)
		qsort(merge->open, merge->n_open, sizeof *merge->open, compare_running);

	explored_settle(merge->explored);
	struct report report = {
		.items = xcalloc(HASH_COUNT(merge->entries), sizeof *report.items),
		.processes = merge->processes,
		.totals = merge->totals,
		.torn = merge->torn,
		.open = xcalloc(merge->n_open, sizeof *report.open),
		.n_open = merge->n_open,
		.observed = merge->processes || merge->totals.processes,
		.runs = merge->runs,
		.n_runs = merge->n_runs,
		.explored = merge->explored,
		.faults = merge->faults ? faults_sorted(merge->faults) : NULL,
	};
	struct process_index *index = process_index_new(merge->processes);
	for (const struct merged_item *entry = merge->entries; entry; entry = entry->hh.next) {
		struct read_item *read = entry->read;
		int_set_settle(&read->finding.pids);
		int_set_settle(&read->finding.fds);
		const struct traced_process *process = process_index_find(index, read->finding.pids.values[0]);
		read->process.pid = read->finding.pids.values[0];
		read->finding.process = process ? process : &read->process;
		read->finding.signalled = all_signalled(index, &read->finding.pids);
		read->item.runs = entry->runs;
		read->item.n_runs = entry->n_runs;
		report.items[report.n_items++] = read->item;
	}
	process_index_free(index);
	for (const struct merged_note *note = merge->notes; note; note = note->hh.next)
		report_note(&report, xstrdup(note->text));
	if (merge->incomplete.n)
		qsort(merge->incomplete.list, merge->incomplete.n, sizeof *merge->incomplete.list, incomplete_compare);
	for (size_t i = 0; i < merge->incomplete.n; i++)
		incomplete_add(&report.incomplete, &merge->incomplete.list[i]);
	for (size_t i = 0; i < merge->n_open; i++) {
		struct read_open *read = &merge->open[i].read;
		report.open[i] = read->place;
		report.open[i].process = &read->process;
		report.open[i].origin = &read->origin;
		report.open[i].oldest = &read->life;
		report.open[i].opened = read->opened;
	}
	return report;
}

void merge_report_free(struct report *report)
{
	for (size_t i = 0; i < report->n_notes; i++)
		free(report->notes[i]);
	free(report->notes);
	incomplete_free(&report->incomplete);
	json_decref(report->faults);
	free(report->open);
	free(report->items);
}
