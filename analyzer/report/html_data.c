/* The data that the script of the HTML page draws: see html_data.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/html_data.h"

#include <stdlib.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/report/history.h"
#include "analyzer/report/json_text.h"
#include "analyzer/report/source_lines.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/suppress_line.h"
#include "analyzer/weigh/evidence.h"
#include "shim/model/version.h"

enum { GROWING = 2 }; /* no curve is drawn for a place that never had this many open at once */

struct page_process {
	const struct traced_process *process; /* the key */
	int64_t number;
	UT_hash_handle hh;
};

int64_t page_process(const struct page *page, const struct traced_process *process)
{
	struct page_process *entry;
	HASH_FIND_PTR(page->processes, &process, entry);
	return entry ? entry->number : -1;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_safe_text(text));
}

/* Sets the key to a text, which it frees. */
static void set_own(json_t *object, const char *key, char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
	free(text);
}

/* -- a violation ---------------------------------------------------------------------------------------------- */

static json_t *history_data(const struct page *page, const struct report_item *item)
{
	json_t *array = json_array();
	for (size_t i = 0; i < item->finding->story.n; i++) {
		const struct story_step *step = &item->finding->story.steps[i];
		json_t *object = json_object();
		set_text(object, "op", step->op);
		set_text(object, "error", step->error);
		set_text(object, "to", state_name((unsigned)step->to));
		json_object_set_new(object, "t", json_integer(step->t - page->t0));
		page_set(object, "pid", step->pid);
		page_set(object, "tid", step->tid);
		page_set(object, "count", step->count);
		page_set(object, "omitted", step->omitted ? (int64_t)step->omitted : -1);
		page_set(object, "frame", page_frame(page->tables, item->places[i]));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *stacks_data(const struct page *page, const struct report_item *item)
{
	static const enum role order[] = {ROLE_AT, ROLE_OTHER, ROLE_CLOSED, ROLE_OPENED};
	const struct finding *finding = item->finding;
	json_t *array = json_array();
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		enum role role = order[i];
		if (!item->stacks[role] && !finding_has_call(finding, role))
			continue;
		json_t *object = json_object();
		set_text(object, "words", role_words(finding->code, role));
		set_text(object, "op", finding->ops[role]);
		set_text(object, "error", role == ROLE_AT ? finding->error : NULL);
		page_set(object, "tid", finding->tids[role] > 0 ? finding->tids[role] : -1);
		page_set(object, "stack", page_stack(page->tables, item->stacks[role]));
		json_array_append_new(array, object);
	}
	return array;
}

/* The source lines around the place, if they may be shown. */
static json_t *source_data(const struct report_item *item, const struct symbol *place)
{
	const struct traced_process *process = item->finding->process;
	char *lines[SOURCE_LINES];
	int first;
	size_t n = place ? source_lines(place, process ? process->wall : 0, lines, &first) : 0;
	if (!n)
		return NULL;
	json_t *array = json_array();
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(array, json_safe_text(lines[i]));
		free(lines[i]);
	}
	return json_pack("{s:i, s:i, s:o}", "first", first, "line", place->line, "lines", array);
}

static json_t *runs_data(const struct report_item *item)
{
	json_t *array = json_array();
	for (size_t i = 0; i < item->n_runs; i++)
		json_array_append_new(array, json_pack("[I, I]", (json_int_t)item->runs[i].run,
						       (json_int_t)item->runs[i].count));
	return array;
}

static json_t *facts_data(const struct page *page, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	json_t *object = json_object();
	char *hosts = text_set_words(&finding->hosts);
	set_text(object, "kind", kind_name(finding->kind));
	set_text(object, "cause", cause_name(finding->cause));
	set_text(object, "state", state_name(finding->state));
	set_text(object, "local", finding->local);
	set_text(object, "peer", finding->peer);
	json_object_set_new(object, "pids", json_numbers(&finding->pids));
	json_object_set_new(object, "fds", json_numbers(&finding->fds));
	if (*hosts)
		set_text(object, "hosts", hosts);
	page_set(object, "process", page_process(page, finding->process));
	set_own(object, "evidence", evidence_words(finding));
	set_text(object, "ending", finding_ending(finding));
	free(hosts);
	return object;
}

/* A call that was made to fail before it. */
static json_t *failure_data(const struct page *page, const struct injected *injected)
{
	json_t *object = json_object(), *threads = json_array();
	char *words = injected_words(injected->call, injected->error);
	set_text(object, "words", words);
	set_text(object, "call", injected->call);
	set_text(object, "error", injected->error);
	set_text(object, "site", injected->site);
	if (injected->again)
		set_text(object, "again", injected->again);
	page_set(object, "stack", page_stack(page->tables, injected->stack));
	for (size_t i = 0; i < injected->n_threads; i++) {
		json_t *thread = json_object();
		json_object_set_new(thread, "tid", json_integer(injected->threads[i].tid));
		page_set(thread, "stack", page_stack(page->tables, injected->threads[i].stack));
		json_array_append_new(threads, thread);
	}
	json_object_set_new(object, "threads", threads);
	free(words);
	return object;
}

/* All of them, in the order of the list. */
static json_t *injected_data(const struct page *page, const struct injected *list)
{
	json_t *array = json_array();
	for (; list; list = list->next)
		json_array_append_new(array, failure_data(page, list));
	return array;
}

static json_t *violation_data(const struct page *page, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct symbol *place = item_location(item);
	char *print = item->twin ? xasprintf("%s-%u", item->fingerprint, item->twin + 1) : xstrdup(item->fingerprint);
	json_t *object = facts_data(page, item), *source = source_data(item, item_place(item));
	set_text(object, "code", violations[finding->code].slug);
	set_text(object, "severity", severity_name(finding->severity));
	set_text(object, "print", print);
	set_text(object, "group", item->suppressed ? "suppressed" : item->known ? "known" : "new");
	json_object_set_new(object, "fails", json_boolean(item->fails));
	set_text(object, "by_design", item->by_design);
	page_set(object, "message", page_string(page->tables, finding->message));
	page_set(object, "help", page_string(page->tables, finding->help));
	page_set(object, "count", (int64_t)finding->count);
	page_set(object, "place", page_frame(page->tables, place));
	json_object_set_new(object, "t", json_integer(finding->t - page->t0));
	json_object_set_new(object, "history", history_data(page, item));
	json_object_set_new(object, "stacks", stacks_data(page, item));
	if (source)
		json_object_set_new(object, "source", source);
	set_own(object, "suppression", suppression_line(item));
	if (item->injected)
		json_object_set_new(object, "injected", injected_data(page, item->injected));
	if (item->n_runs)
		json_object_set_new(object, "runs", runs_data(item));
	free(print);
	return object;
}

/* -- the rest ------------------------------------------------------------------------------------------------- */

/* The time up to which a process is known; a running one is known up to now. */
static int64_t end_of(const struct traced_process *process)
{
	int64_t t = process->t_exit ? process->t_exit : process->end == END_RUNNING ? monotonic_now() : process->t_died;
	return t > process->t_last || process->t_exit ? t : process->t_last;
}

static json_t *process_data(const struct page *page, const struct traced_process *process)
{
	json_t *object = json_object();
	char *argv;
	size_t n;
	FILE *text = memstream(&argv, &n);
	for (size_t i = 0; i < process->n_argv; i++)
		fprintf(text, "%s%s", i ? " " : "", process->argv[i]);
	fclose(text);
	page_set(object, "pid", process->pid);
	page_set(object, "parent", page_process(page, process->parent));
	set_text(object, "name", process_name(process));
	set_text(object, "host", page->report->many_hosts ? process->host : NULL);
	set_text(object, "command", *argv ? argv : process->exe);
	set_text(object, "how", process->how);
	set_own(object, "end",
		process->end == END_EXIT && process->status > 0
			? xasprintf("exit, status %lld", (long long)process->status)
		: process->end == END_SIGNAL && process->signal ? xasprintf("signal %d", process->signal)
								: xstrdup(process_end_name(process->end)));
	page_set(object, "sockets", (int64_t)process->sockets);
	page_set(object, "events", (int64_t)process->events);
	page_set(object, "dropped", (int64_t)process->dropped);
	if (process->t_first) {
		json_object_set_new(object, "start", json_integer(process->t_first - page->t0));
		json_object_set_new(object, "stop", json_integer(end_of(process) - page->t0));
	}
	free(argv);
	return object;
}

/* How many a place had open over time; NULL: too few to draw. */
static json_t *growth_data(const struct page *page, const struct traced_process *process, const struct origin *origin,
			   const struct symbols *opened)
{
	uint64_t most = 0;
	json_t *open = json_array();
	for (size_t i = 0; i < origin->n; i++) {
		most = origin->growth[i] > most ? origin->growth[i] : most;
		json_array_append_new(open, json_integer((json_int_t)origin->growth[i]));
	}
	if (most < GROWING) {
		json_decref(open);
		return NULL;
	}
	json_t *object = json_object();
	page_set(object, "process", page_process(page, process));
	page_set(object, "pid", process->pid);
	page_set(object, "place", opened ? page_frame(page->tables, symbols_location(opened)) : -1);
	json_object_set_new(object, "step", json_integer(origin->step));
	page_set(object, "span", process->t_first ? end_of(process) - process->t_first : -1);
	json_object_set_new(object, "open", open);
	return object;
}

static void write_growth(const struct page *page)
{
	const struct report *report = page->report;
	const char *comma = "";
	if (report->lifelines)
		for (const struct traced_process *process = report->processes; process; process = process->next)
			for (const struct origin *origin = process->origins; origin; origin = origin->hh.next) {
				const struct symbols *opened = origin->opened && origin->opened->stack
								       ? symbolize(origin->opened->stack)
								       : NULL;
				json_t *growth = growth_data(page, process, origin, opened);
				if (!growth)
					continue;
				fputs(comma, page->out);
				page_json(page->out, growth);
				comma = ",\n";
			}
	for (size_t i = 0; i < report->n_open && !report->lifelines; i++) {
		json_t *growth =
			growth_data(page, report->open[i].process, report->open[i].origin, report->open[i].opened);
		if (!growth)
			continue;
		fputs(comma, page->out);
		page_json(page->out, growth);
		comma = ",\n";
	}
}

static json_t *open_data(const struct page *page, const struct open_place *place)
{
	json_t *object = json_object();
	set_own(object, "heading", open_words(print_open_heading, place));
	set_own(object, "states", open_words(print_open_states, place));
	set_own(object, "growth", open_words(print_open_growth, place));
	set_own(object, "step", time_text(place->origin->step));
	page_set(object, "count", (int64_t)place->sockets);
	page_set(object, "pid", place->process->pid);
	set_text(object, "name", process_name(place->process));
	set_text(object, "host", place->host);
	set_text(object, "local", place->oldest->local);
	set_text(object, "peer", place->oldest->peer);
	json_object_set_new(object, "fds", json_numbers(&place->fds));
	page_set(object, "stack", page_stack(page->tables, place->opened));
	page_set(object, "place", place->opened ? page_frame(page->tables, symbols_location(place->opened)) : -1);
	return object;
}

/* What `socksan explore` tried, by place. */
static json_t *explored_data(const struct page *page, const struct explored *explored)
{
	json_t *object = json_object(), *sites = json_array();
	char *summary;
	size_t n;
	FILE *text = memstream(&summary, &n);
	explored_summary(text, explored);
	fclose(text);
	set_own(object, "summary", summary);
	for (size_t i = 0; i < explored->n; i++) {
		const struct explored_site *site = &explored->sites[i];
		json_t *place = json_object(), *faults = json_array();
		set_text(place, "call", site->call);
		set_text(place, "site", site->site);
		json_object_set_new(place, "own", json_boolean(site->own));
		json_object_set_new(place, "unsteady", json_boolean(site->unsteady));
		page_set(place, "place", site->stack ? page_frame(page->tables, symbols_location(site->stack)) : -1);
		for (size_t j = 0; j < site->n; j++) {
			const struct explored_fault *fault = &site->faults[j];
			json_t *entry = json_object();
			set_text(entry, "error", fault->error);
			set_text(entry, "result", explored_name(fault->result));
			set_text(entry, "codes", fault->codes);
			json_array_append_new(faults, entry);
		}
		json_object_set_new(place, "faults", faults);
		json_array_append_new(sites, place);
	}
	json_object_set_new(object, "sites", sites);
	return object;
}

static json_t *head_data(const struct report *report)
{
	json_t *object = json_object(), *incomplete = json_array(), *notes = json_array(), *runs = json_array(),
	       *codes = json_object();
	char *summary;
	size_t n;
	FILE *text = memstream(&summary, &n);
	text_summary(text, report);
	fclose(text);
	set_text(object, "version", SOCKSAN_VERSION);
	set_own(object, "command", page_command(report));
	set_own(object, "date", page_date(report));
	set_own(object, "verdict", page_verdict(report));
	set_own(object, "summary", summary);
	for (size_t i = 0; i < report->incomplete.n; i++)
		json_array_append_new(incomplete, json_safe_text(report->incomplete.list[i].message));
	for (size_t i = 0; i < report->n_notes; i++)
		json_array_append_new(notes, json_safe_text(report->notes[i]));
	for (size_t i = 0; i < report->n_runs; i++)
		json_array_append_new(runs, json_safe_text(report->runs[i]));
	for (size_t i = 0; i < report->n_items; i++) {
		const struct violation_info *info = &violations[report->items[i].finding->code];
		if (!json_object_get(codes, info->slug))
			json_object_set_new(codes, info->slug,
					    json_pack("{s:s, s:s, s:i}", "meaning", info->meaning, "why", info->why,
						      "cwe", info->cwe));
	}
	json_object_set_new(object, "incomplete", incomplete);
	json_object_set_new(object, "notes", notes);
	json_object_set_new(object, "runs", runs);
	json_object_set_new(object, "codes", codes);
	return object;
}

static void number_processes(struct page *page)
{
	int64_t n = 0;
	for (const struct traced_process *process = page->report->processes; process; process = process->next) {
		struct page_process *entry = xcalloc(1, sizeof *entry);
		entry->process = process;
		entry->number = n++;
		HASH_ADD_PTR(page->processes, process, entry);
		if (process->t_first && (!page->t0 || process->t_first < page->t0))
			page->t0 = process->t_first;
	}
}

void page_data(FILE *out, const struct report *report)
{
	struct page page = {.out = out, .report = report, .tables = page_tables_new()};
	struct page_process *entry, *next;
	number_processes(&page);
	fputs("{\"head\":", out);
	page_json(out, head_data(report));
	fputs(",\n\"processes\":[", out);
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		fputs(process == report->processes ? "" : ",\n", out);
		page_json(out, process_data(&page, process));
	}
	fputs("],\n\"violations\":[", out);
	for (size_t i = 0; i < report->n_items; i++) {
		fputs(i ? ",\n" : "", out);
		page_json(out, violation_data(&page, &report->items[i]));
	}
	fputs("],\n\"open\":[", out);
	for (size_t i = 0; i < report->n_open; i++) {
		fputs(i ? ",\n" : "", out);
		page_json(out, open_data(&page, &report->open[i]));
	}
	fputs("],\n", out);
	if (report->explored) {
		fputs("\"explored\":", out);
		page_json(out, explored_data(&page, report->explored));
		fputs(",\n", out);
	}
	fputs("\"growth\":[", out);
	write_growth(&page);
	fputs("],\n\"timeline\":", out);
	page_timeline(&page);
	fputs(",\n", out);
	page_tables_write(out, page.tables);
	fputs("}\n", out);
	HASH_ITER (hh, page.processes, entry, next) {
		HASH_DEL(page.processes, entry);
		free(entry);
	}
	page_tables_free(page.tables);
}
