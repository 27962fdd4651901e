/* The report as JUnit XML, for the test tabs of CI servers: a suite for each process, with a case for each code.
 *
 * A case fails if a violation of its code reaches --fail-on, so that the tab agrees with the exit status; all others are in the suite's
 * output. Only elements and attributes that both Ant's and Jenkins' schemas have are used, hence no <skipped>, and one <failure> per case.
 * If events of the process are missing, a code without a violation has not passed, and gets no case.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/hash.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"
#include "analyzer/report/xml.h"

/* A process by its pid, with all the programs that it was. */
struct suite {
	int64_t pid;
	const struct traced_process *process; /* the first of them; NULL: only violations mention it */
	char *name;
	const struct report_item **items; /* of it */
	size_t n_items, cap_items;
	UT_hash_handle hh;
};

/* How many suites have a program's name: a number distinguishes them, which, unlike the pid, is the same in the next run. */
struct test_name {
	char *text;
	unsigned n;
	UT_hash_handle hh;
};

static struct suite *suite_of(struct suite **suites, int64_t pid, const struct traced_process *process)
{
	struct suite *suite;
	HASH_FIND(hh, *suites, &pid, sizeof pid, suite);
	if (!suite) {
		suite = xcalloc(1, sizeof *suite);
		suite->pid = pid;
		suite->process = process;
		HASH_ADD(hh, *suites, pid, sizeof pid, suite);
	}
	return suite;
}

static void name_suites(struct suite *suites)
{
	struct test_name *names = NULL, *name, *next;
	for (struct suite *suite = suites; suite; suite = suite->hh.next) {
		const char *text = suite->process ? process_program(suite->process) : NULL;
		text = text && *text ? text : "process";
		HASH_FIND_STR(names, text, name);
		if (!name) {
			name = xcalloc(1, sizeof *name);
			name->text = xstrdup(text);
			HASH_ADD_KEYPTR(hh, names, name->text, strlen(name->text), name);
		}
		suite->name = ++name->n > 1 ? xasprintf("%s (%u)", text, name->n) : xstrdup(text);
	}
	HASH_ITER (hh, names, name, next) {
		HASH_DEL(names, name);
		free(name->text);
		free(name);
	}
}

static struct suite *make_suites(const struct report *report)
{
	struct suite *suites = NULL;
	for (const struct traced_process *process = report->processes; process; process = process->next)
		suite_of(&suites, process->pid, process);
	for (size_t i = 0; i < report->n_items; i++)
		for (size_t j = 0; j < report->items[i].finding->pids.n; j++) {
			struct suite *suite = suite_of(&suites, report->items[i].finding->pids.values[j], NULL);
			GROW(suite->items, suite->n_items, suite->cap_items);
			suite->items[suite->n_items++] = &report->items[i];
		}
	name_suites(suites);
	return suites;
}

/* -- writing -------------------------------------------------------------------------------------------------- */

static void write_property(xmlTextWriter *xml, const char *name, const char *value)
{
	xml_start(xml, "property");
	xml_attribute(xml, "name", name);
	xml_attribute(xml, "value", value);
	xmlTextWriterEndElement(xml);
}

static void write_failure(xmlTextWriter *xml, const struct suite *suite, enum violation code)
{
	const struct report_item *first = NULL;
	char *lines;
	size_t n, more = 0;
	FILE *out = memstream(&lines, &n);
	for (size_t i = 0; i < suite->n_items; i++) {
		const struct report_item *item = suite->items[i];
		if (!item->fails || item->finding->code != code)
			continue;
		if (first)
			more++;
		else
			first = item;
		text_item(out, item);
	}
	fclose(out);
	if (first) {
		char *message = more ? xasprintf("%s, and %zu more", first->finding->message, more)
				     : xstrdup(first->finding->message);
		xml_start(xml, "failure");
		xml_attribute(xml, "message", message);
		xml_attribute(xml, "type", violations[code].slug);
		xml_lines(xml, lines);
		xmlTextWriterEndElement(xml);
		free(message);
	}
	free(lines);
}

/* What is known of the process and fails nothing; in the first suite, also the notes. */
static char *output_of(const struct report *report, const struct suite *suite, bool notes)
{
	char *lines;
	size_t n;
	FILE *out = memstream(&lines, &n);
	for (size_t i = 0; suite && i < suite->n_items; i++) {
		const struct report_item *item = suite->items[i];
		if (item->fails)
			continue;
		fputs(item->suppressed ? "suppressed: " : item->known ? "known: " : "does not fail: ", out);
		text_item(out, item);
	}
	for (size_t i = 0; notes && i < report->n_notes; i++) {
		fputs("note: ", out);
		print_safe(out, report->notes[i]);
		fputc('\n', out);
	}
	fclose(out);
	return lines;
}

static void start_suite(xmlTextWriter *xml, const char *name, unsigned id, const char *host, unsigned tests,
			unsigned failures, unsigned errors)
{
	char when[32];
	time_t now = time(NULL);
	struct tm utc;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &utc));
	xml_start(xml, "testsuite");
	xml_attribute(xml, "name", name);
	xml_attribute(xml, "package", "socksan");
	xml_number(xml, "id", id);
	xml_attribute(xml, "timestamp", when);
	xml_attribute(xml, "hostname", host);
	xml_number(xml, "tests", tests);
	xml_number(xml, "failures", failures);
	xml_number(xml, "errors", errors);
	xml_attribute(xml, "time", "0");
}

/* Whether some of what happened in the process would not be known. One that could not write a trace has no suite. */
static bool is_incomplete(const struct report *report, int64_t pid)
{
	for (size_t i = 0; i < report->incomplete.n && !report->allow_dropped; i++) {
		const struct incomplete *one = &report->incomplete.list[i];
		if (one->pid == pid || (one->pid < 0 && strcmp(one->why, "mute") != 0))
			return true;
	}
	return false;
}

static void write_suite(xmlTextWriter *xml, const struct report *report, const struct suite *suite, unsigned id)
{
	const struct traced_process *process = suite ? suite->process : NULL;
	bool failing[CODES] = {false};
	unsigned failures = 0;
	char *pid = suite ? xasprintf("%lld", (long long)suite->pid) : xstrdup("none");
	for (size_t i = 0; suite && i < suite->n_items; i++)
		failing[suite->items[i]->finding->code] |= suite->items[i]->fails;
	for (int code = VIOLATION_none + 1; code < CODES; code++)
		failures += failing[code];
	bool whole = suite && !is_incomplete(report, suite->pid);

	const char *name = suite ? suite->name : "socksan";
	start_suite(xml, name, id, process && process->host && *process->host ? process->host : "localhost",
		    whole ? VIOLATIONS - 1 : failures, failures, 0);
	xml_start(xml, "properties");
	write_property(xml, "pid", pid);
	if (process && process->exe)
		write_property(xml, "exe", process->exe);
	xmlTextWriterEndElement(xml);
	for (int code = VIOLATION_none + 1; suite && code < VIOLATIONS; code++) {
		if (!whole && !failing[code])
			continue;
		xml_start(xml, "testcase");
		xml_attribute(xml, "name", violations[code].slug);
		xml_attribute(xml, "classname", name);
		xml_attribute(xml, "time", "0");
		if (failing[code])
			write_failure(xml, suite, (enum violation)code);
		xmlTextWriterEndElement(xml);
	}
	char *output = output_of(report, suite, id == 0);
	xml_start(xml, "system-out");
	xml_lines(xml, output);
	xmlTextWriterEndElement(xml);
	xml_element(xml, "system-err", NULL);
	xmlTextWriterEndElement(xml);
	free(output);
	free(pid);
}

/* What is unknown has not passed: an error, if it affects the exit status. */
static void write_incomplete(xmlTextWriter *xml, const struct report *report, unsigned id)
{
	static const char name[] = "socksan-incomplete";
	const struct incompletes *all = &report->incomplete;
	char *lines;
	size_t n;
	FILE *out = memstream(&lines, &n);
	int64_t one = all->list[0].pid;
	for (size_t i = 1; i < all->n; i++)
		one = all->list[i].pid == one ? one : -1;
	char *pid = one >= 0 ? xasprintf("%lld", (long long)one) : xstrdup("none");
	start_suite(xml, name, id, "localhost", (unsigned)all->n, 0, report->allow_dropped ? 0 : (unsigned)all->n);
	xml_start(xml, "properties");
	write_property(xml, "pid", pid);
	free(pid);
	xmlTextWriterEndElement(xml);
	for (size_t i = 0; i < all->n; i++) {
		xml_start(xml, "testcase");
		/* The word in the JSON report means little without its schema. */
		xml_attribute(xml, "name", strcmp(all->list[i].why, "mute") == 0 ? "no-trace" : all->list[i].why);
		xml_attribute(xml, "classname", name);
		xml_attribute(xml, "time", "0");
		if (!report->allow_dropped) {
			xml_start(xml, "error");
			xml_attribute(xml, "message", all->list[i].message);
			xml_attribute(xml, "type", name);
			xmlTextWriterEndElement(xml);
		}
		xmlTextWriterEndElement(xml);
		if (report->allow_dropped)
			print_safe(out, all->list[i].message);
		fputs(report->allow_dropped ? "\n" : "", out);
	}
	fclose(out);
	xml_start(xml, "system-out");
	xml_lines(xml, lines);
	xmlTextWriterEndElement(xml);
	xml_element(xml, "system-err", NULL);
	xmlTextWriterEndElement(xml);
	free(lines);
}

/* A case for each place where a call was made to fail, with the violations that this led to. */
static void write_explored(xmlTextWriter *xml, const struct report *report, unsigned id)
{
	static const char name[] = "socksan-explore";
	const struct explored *explored = report->explored;
	unsigned failures = 0;
	bool *failing = xcalloc(explored->n, sizeof *failing);
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		for (size_t j = 0; item->fails && j < explored->n; j++)
			failing[j] |= injected_has(item->injected, explored->sites[j].call, explored->sites[j].site);
	}
	for (size_t i = 0; i < explored->n; i++)
		failures += failing[i];
	start_suite(xml, name, id, "localhost", (unsigned)explored->n, failures, 0);
	for (size_t i = 0; i < explored->n; i++) {
		const struct explored_site *site = &explored->sites[i];
		char *place = explored_place(site), *title = xasprintf("%s [%s]", place, site->site);
		xml_start(xml, "testcase");
		xml_attribute(xml, "name", title);
		xml_attribute(xml, "classname", name);
		xml_attribute(xml, "time", "0");
		for (size_t j = 0; failing[i] && j < report->n_items; j++) {
			const struct report_item *item = &report->items[j];
			if (!item->fails || !injected_has(item->injected, site->call, site->site))
				continue;
			char *lines;
			size_t n;
			FILE *text = memstream(&lines, &n);
			text_item(text, item);
			fclose(text);
			xml_start(xml, "failure");
			xml_attribute(xml, "message", item->finding->message);
			xml_attribute(xml, "type", violations[item->finding->code].slug);
			xml_lines(xml, lines);
			xmlTextWriterEndElement(xml);
			free(lines);
		}
		if (!failing[i] && site->n && site->faults[0].result == EXPLORED_NOT_TRIED)
			xml_element(xml, "skipped", NULL);
		xmlTextWriterEndElement(xml);
		free(title);
		free(place);
	}
	char *lines;
	size_t n;
	FILE *text = memstream(&lines, &n);
	explored_text(text, explored);
	fclose(text);
	xml_start(xml, "system-out");
	xml_lines(xml, lines);
	xmlTextWriterEndElement(xml);
	xml_element(xml, "system-err", NULL);
	xmlTextWriterEndElement(xml);
	free(lines);
	free(failing);
}

int report_junit(FILE *out, const struct report *report)
{
	xmlTextWriter *xml = xml_new(out);
	struct suite *suites = report->explored ? NULL : make_suites(report), *suite, *next;
	unsigned id = 0;
	xmlTextWriterSetIndent(xml, 1);
	xmlTextWriterStartDocument(xml, NULL, "UTF-8", NULL);
	xml_start(xml, "testsuites");
	if (report->explored)
		write_explored(xml, report, id++);
	bool no_suites = !suites && !report->explored;
	if (no_suites)
		write_suite(xml, report, NULL, id);
	HASH_ITER (hh, suites, suite, next) {
		write_suite(xml, report, suite, id++);
		HASH_DEL(suites, suite);
		free(suite->name);
		free(suite->items);
		free(suite);
	}
	if (report->incomplete.n)
		write_incomplete(xml, report, no_suites ? 1 : id);
	return xml_end(xml, out);
}
