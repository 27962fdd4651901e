/* The report as a plain list, which the HTML page shows if scripts do not run. All data goes through libxml2's writer, so that none of it
 * becomes markup.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/html_plain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/history.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"
#include "analyzer/report/xml.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/weigh/evidence.h"
#include "shim/model/version.h"

enum { MOST = 1000, UNFOLDED = 20 };

static void element_with_class(xmlTextWriter *xml, const char *element, const char *class, const char *text)
{
	xml_start(xml, element);
	xml_attribute(xml, "class", class);
	xml_text(xml, text);
	xml_close(xml);
}

static void fact(xmlTextWriter *xml, const char *name, const char *value)
{
	if (!value)
		return;
	xml_element(xml, "dt", name);
	xml_element(xml, "dd", value);
}

static char *numbers_text(const struct int_set *numbers)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	for (size_t i = 0; i < numbers->n; i++)
		fprintf(out, "%s%lld", i ? ", " : "", (long long)numbers->values[i]);
	fclose(out);
	return text;
}

static char *place_text(const struct symbol *symbol)
{
	char *text, *path = symbol->file ? repo_path(symbol->file) : NULL;
	size_t n;
	FILE *out = memstream(&text, &n);
	struct symbol shown = *symbol;
	shown.file = path ? path : symbol->file;
	print_location(out, &shown);
	fclose(out);
	free(path);
	return text;
}

static void write_frames(xmlTextWriter *xml, const struct symbols *symbols)
{
	xml_start(xml, "ol");
	for (size_t i = 0; i < symbols->n; i++) {
		const struct symbol *symbol = &symbols->list[i];
		char *place = place_text(symbol);
		xml_start(xml, "li");
		if (symbol->counts)
			xml_attribute(xml, "class", "own");
		xml_lines(xml, place);
		if (symbol->function) {
			xml_lines(xml, " in ");
			xml_text(xml, symbol->function);
		}
		xml_close(xml);
		free(place);
	}
	xml_close(xml);
}

static void write_stack(xmlTextWriter *xml, const struct report_item *item, enum role role)
{
	const struct symbols *symbols = item->stacks[role];
	if (!symbols || !symbols->n)
		return;
	char *title = xstrdup(role_words(item->finding->code, role));
	*title = (char)toupper(*title);
	xml_element(xml, "h3", title);
	free(title);
	write_frames(xml, symbols);
}

/* A call that was made to fail before it, and how to repeat it. */
static void write_injected(xmlTextWriter *xml, const struct injected *injected)
{
	char *words = injected_words(injected->call, injected->error);
	xml_start(xml, "h3");
	xml_text(xml, "After ");
	xml_text(xml, words);
	xml_close(xml);
	if (injected->stack)
		write_frames(xml, injected->stack);
	if (injected->again)
		element_with_class(xml, "pre", "dim", injected->again);
	for (size_t i = 0; i < injected->n_threads; i++) {
		char *thread = xasprintf("Thread %lld", (long long)injected->threads[i].tid);
		xml_element(xml, "h3", thread);
		free(thread);
		if (injected->threads[i].stack)
			write_frames(xml, injected->threads[i].stack);
	}
	free(words);
}

static void write_item(xmlTextWriter *xml, const struct report_item *item, bool open)
{
	const struct finding *finding = item->finding;
	const struct violation_info *info = &violations[finding->code];
	const struct symbol *place = item_location(item);
	char *pids = numbers_text(&finding->pids), *fds = numbers_text(&finding->fds);
	char *where = place ? place_text(place) : NULL, *history = history_text(item),
	     *evidence = evidence_words(finding);
	char *cwe = xasprintf("CWE-%d", info->cwe), *hosts = text_set_words(&finding->hosts);
	xml_start(xml, "details");
	if (open)
		xml_attribute(xml, "open", "open");
	xml_start(xml, "summary");
	element_with_class(xml, "b", severity_name(finding->severity), severity_name(finding->severity));
	xml_lines(xml, " ");
	xml_element(xml, "code", info->slug);
	xml_lines(xml, " ");
	xml_text(xml, finding->message);
	if (finding->count > 1) {
		char *times = xasprintf(" (%s%llu times)", finding_bound(finding), (unsigned long long)finding->count);
		xml_lines(xml, times);
		free(times);
	}
	if (where) {
		xml_lines(xml, " ");
		xml_start(xml, "code");
		xml_attribute(xml, "class", "dim");
		xml_lines(xml, where);
		xml_close(xml);
	}
	xml_close(xml);
	xml_start(xml, "dl");
	fact(xml, "help", finding->help);
	fact(xml, "cause", cause_name(finding->cause));
	fact(xml, "descriptors", *fds ? fds : NULL);
	fact(xml, "processes", pids);
	fact(xml, "hosts", *hosts ? hosts : NULL);
	fact(xml, "state", state_name(finding->state));
	fact(xml, "local", finding->local);
	fact(xml, "peer", finding->peer);
	fact(xml, "evidence", evidence);
	fact(xml, "history", history);
	fact(xml, "weakness", cwe);
	fact(xml, "fingerprint", item->fingerprint);
	xml_close(xml);
	write_stack(xml, item, ROLE_AT);
	write_stack(xml, item, ROLE_OTHER);
	write_stack(xml, item, ROLE_CLOSED);
	write_stack(xml, item, ROLE_OPENED);
	for (const struct injected *injected = item->injected; injected; injected = injected->next)
		write_injected(xml, injected);
	xml_close(xml);
	free(hosts);
	free(cwe);
	free(history);
	free(evidence);
	free(where);
	free(fds);
	free(pids);
}

/* The items that are new, known or suppressed, as requested, below a heading. */
static void write_items(xmlTextWriter *xml, const struct report *report, const char *title, bool known, bool suppressed)
{
	size_t n = 0;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		if (item->suppressed != suppressed || (!suppressed && item->known != known))
			continue;
		if (n == 0)
			xml_element(xml, "h2", title);
		if (n++ < MOST)
			write_item(xml, item, item->fails && n <= UNFOLDED);
	}
	if (n > MOST) {
		char *more = xasprintf("and %zu more, which this list leaves out", n - MOST);
		xml_element(xml, "p", more);
		free(more);
	}
}

static void write_open_place(xmlTextWriter *xml, const struct open_place *place)
{
	const struct symbol *at = place->opened ? symbols_location(place->opened) : NULL;
	const struct socket_life *oldest = place->oldest;
	const char *name = process_name(place->process);
	char *heading = open_words(print_open_heading, place), *states = open_words(print_open_states, place),
	     *growth = open_words(print_open_growth, place), *where = at ? place_text(at) : NULL,
	     *step = time_text(place->origin->step), *fds = numbers_text(&place->fds),
	     *pid = xasprintf("%lld%s%s%s", (long long)place->process->pid, name ? " (" : "", name ? name : "",
			      name ? ")" : ""),
	     *steps = xasprintf("%s (every %s)", growth, step);
	xml_start(xml, "details");
	xml_start(xml, "summary");
	xml_element(xml, "b", "open");
	xml_lines(xml, " ");
	xml_text(xml, heading);
	if (where) {
		xml_lines(xml, " ");
		element_with_class(xml, "code", "dim", where);
	}
	xml_close(xml);
	xml_start(xml, "dl");
	fact(xml, "states", *states ? states : NULL);
	fact(xml, "over time", *growth ? steps : NULL);
	fact(xml, "descriptors", *fds ? fds : NULL);
	fact(xml, "process", pid);
	fact(xml, "host", place->host);
	fact(xml, "local", oldest->local);
	fact(xml, "peer", oldest->peer);
	xml_close(xml);
	if (place->opened && place->opened->n) {
		xml_element(xml, "h3", "Opened by");
		write_frames(xml, place->opened);
	}
	xml_close(xml);
	free(heading);
	free(states);
	free(growth);
	free(where);
	free(step);
	free(fds);
	free(pid);
	free(steps);
}

static void write_open(xmlTextWriter *xml, const struct report *report)
{
	if (report->n_open)
		xml_element(xml, "h2", "Open in running processes");
	for (size_t i = 0; i < report->n_open; i++)
		write_open_place(xml, &report->open[i]);
}

/* What was tried, and what was not. */
static void write_explored(xmlTextWriter *xml, const struct explored *explored)
{
	static const char *const columns[] = {"call", "own", "failures"};
	if (!explored)
		return;
	char *text;
	size_t length;
	FILE *out = memstream(&text, &length);
	explored_text(out, explored);
	fclose(out);
	xml_element(xml, "h2", "Explored");
	element_with_class(xml, "pre", "dim", text);
	free(text);
	xml_start(xml, "table");
	xml_start(xml, "tr");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		xml_element(xml, "th", columns[i]);
	xml_close(xml);
	for (size_t i = 0; i < explored->n; i++) {
		const struct explored_site *site = &explored->sites[i];
		char *place = explored_place(site);
		xml_start(xml, "tr");
		xml_element(xml, "td", place);
		xml_element(xml, "td", site->own ? "yes" : "");
		xml_start(xml, "td");
		for (size_t j = 0; j < site->n; j++) {
			const struct explored_fault *fault = &site->faults[j];
			xml_lines(xml, j ? ", " : "");
			xml_text(xml, fault->error);
			xml_lines(xml, ": ");
			if (fault->codes)
				element_with_class(xml, "b", "error", fault->codes);
			else
				xml_text(xml, explored_name(fault->result));
		}
		xml_close(xml);
		xml_close(xml);
		free(place);
	}
	xml_close(xml);
}

static void write_processes(xmlTextWriter *xml, const struct report *report)
{
	static const char *const columns[] = {"process", "program", "end", "sockets", "events", "dropped", "host"};
	size_t n_columns = sizeof columns / sizeof *columns - !report->many_hosts;
	if (!report->processes)
		return;
	xml_element(xml, "h2", "Processes");
	xml_start(xml, "table");
	xml_start(xml, "tr");
	for (size_t i = 0; i < n_columns; i++)
		xml_element(xml, "th", columns[i]);
	xml_close(xml);
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		const uint64_t numbers[] = {process->sockets, process->events, process->dropped};
		char *pid = xasprintf("%lld", (long long)process->pid);
		char *end = process->end == END_EXIT && process->status > 0
				    ? xasprintf("exit, status %lld", (long long)process->status)
			    : process->end == END_SIGNAL && process->signal ? xasprintf("signal %d", process->signal)
									    : xstrdup(process_end_name(process->end));
		xml_start(xml, "tr");
		element_with_class(xml, "td", "n", pid);
		xml_start(xml, "td");
		for (size_t i = 0; i < process->n_argv; i++) {
			xml_lines(xml, i ? " " : "");
			xml_text(xml, process->argv[i]);
		}
		if (!process->n_argv && process->exe)
			xml_text(xml, process->exe);
		xml_close(xml);
		xml_element(xml, "td", end);
		for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
			char *text = xasprintf("%llu", (unsigned long long)numbers[i]);
			element_with_class(xml, "td", "n", text);
			free(text);
		}
		if (report->many_hosts)
			xml_element(xml, "td", process->host ? process->host : "");
		xml_close(xml);
		free(end);
		free(pid);
	}
	xml_close(xml);
}

static void write_summary(xmlTextWriter *xml, const struct report *report)
{
	char *text;
	size_t n;
	FILE *out = memstream(&text, &n);
	text_summary(out, report);
	fclose(out);
	xml_element(xml, "p", text);
	free(text);
}

int html_plain(FILE *out, const struct report *report)
{
	xmlTextWriter *xml = xml_new(out);
	xml_start(xml, "noscript");
	xml_element(xml, "h1", "SockSan " SOCKSAN_VERSION);
	write_summary(xml, report);
	for (size_t i = 0; i < report->incomplete.n; i++) {
		xml_start(xml, "p");
		element_with_class(xml, "b", report->allow_dropped ? "warning" : "error", "incomplete");
		xml_lines(xml, " ");
		xml_text(xml, report->incomplete.list[i].message);
		xml_close(xml);
	}
	write_items(xml, report, "Violations", false, false);
	write_items(xml, report, "Known", true, false);
	write_items(xml, report, "Suppressed", false, true);
	write_open(xml, report);
	write_explored(xml, report->explored);
	if (report->n_notes) {
		xml_element(xml, "h2", "Notes");
		xml_start(xml, "ul");
		for (size_t i = 0; i < report->n_notes; i++)
			xml_element(xml, "li", report->notes[i]);
		xml_close(xml);
	}
	write_processes(xml, report);
	xml_close(xml);
	return xml_end(xml, out);
}
