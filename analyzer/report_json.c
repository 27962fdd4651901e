/* The report as JSON: the format that other tools read. Its schema is report.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "analyzer/report_data.h"
#include "analyzer/util.h"
#include "shim/version.h"

/* JSON holds nothing but UTF-8. */
static json_t *string_json(const char *value)
{
	char *text = utf8_text(value);
	json_t *string = json_string(text);
	free(text);
	return string;
}

/* What is not known has no key. */
static void set_string(json_t *object, const char *key, const char *value)
{
	if (value)
		json_object_set_new(object, key, string_json(value));
}

static void set_number(json_t *object, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_set_new(object, key, json_integer(value));
}

static json_t *process_json(const struct process *process)
{
	json_t *object = json_object();
	set_number(object, "pid", process->pid);
	set_number(object, "ppid", process->ppid);
	set_string(object, "exe", process->exe);
	if (process->announced) {
		json_t *argv = json_array();
		for (size_t i = 0; i < process->n_argv; i++)
			json_array_append_new(argv, string_json(process->argv[i]));
		json_object_set_new(object, "argv", argv);
	}
	set_string(object, "how", process->how);
	set_string(object, "end", process_end_name(process->end));
	if (process->end == END_EXIT)
		set_number(object, "status", process->status);
	if (process->end == END_SIGNAL && process->signal)
		set_number(object, "signal", process->signal);
	set_number(object, "sockets", (int64_t)process->sockets);
	set_number(object, "events", (int64_t)process->events);
	set_number(object, "dropped", (int64_t)process->dropped);
	return object;
}

static json_t *totals_json(const struct report *report)
{
	uint64_t counts[VIOLATION_COUNT] = {0};
	json_t *object = json_object(), *by_code = json_object();
	for (size_t i = 0; i < report->n_items; i++)
		counts[report->items[i].finding->code] += report->items[i].finding->count;
	for (int code = 0; code < VIOLATION_COUNT; code++)
		if (counts[code])
			set_number(by_code, violations[code].slug, (int64_t)counts[code]);
	set_number(object, "processes", (int64_t)report->totals.processes);
	set_number(object, "sockets", (int64_t)report->totals.sockets);
	set_number(object, "events", (int64_t)report->totals.events);
	set_number(object, "dropped", (int64_t)report->totals.dropped);
	set_number(object, "torn", (int64_t)report->torn);
	set_number(object, "open_peak", (int64_t)report->totals.open_peak);
	json_object_set_new(object, "by_code", by_code);
	return object;
}

static json_t *stack_json(const struct symbols *symbols)
{
	json_t *array = json_array();
	for (size_t i = 0; i < symbols->n; i++) {
		const struct symbol *symbol = &symbols->list[i];
		json_t *object = json_object();
		set_string(object, "function", symbol->function);
		set_string(object, "file", symbol->file);
		if (symbol->line > 0)
			set_number(object, "line", symbol->line);
		set_string(object, "module", symbol->module);
		if (!symbol->python) {
			char offset[20];
			snprintf(offset, sizeof offset, "0x%llx", (unsigned long long)symbol->offset);
			set_string(object, "offset", offset);
		}
		set_string(object, "lang", symbol->python ? "python" : "c");
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *numbers_json(const struct numbers *numbers)
{
	json_t *array = json_array();
	for (size_t i = 0; i < numbers->n; i++)
		json_array_append_new(array, json_integer(numbers->values[i]));
	return array;
}

static json_t *violation_json(const struct report_item *item)
{
	static const char *const roles[ROLE_COUNT] = {"opened", "closed", "at"};
	const struct finding *finding = item->finding;
	const struct violation_info *info = &violations[finding->code];
	json_t *object = json_object(), *stacks = json_object();
	set_string(object, "code", info->slug);
	set_string(object, "severity", severity_name(finding->severity));
	set_number(object, "cwe", info->cwe);
	set_string(object, "cause", cause_name(finding->cause));
	set_string(object, "fingerprint", item->fingerprint);
	json_object_set_new(object, "known", json_boolean(item->known));
	json_object_set_new(object, "suppressed", json_boolean(item->suppressed));
	set_string(object, "message", finding->message);
	set_string(object, "help", info->help);
	set_number(object, "count", (int64_t)finding->count);
	json_object_set_new(object, "pids", numbers_json(&finding->pids));
	json_object_set_new(object, "fds", numbers_json(&finding->fds));
	set_string(object, "state", state_text(finding->state));
	set_string(object, "local", finding->local);
	set_string(object, "peer", finding->peer);
	for (int role = 0; role < ROLE_COUNT; role++)
		if (item->stacks[role])
			json_object_set_new(stacks, roles[role], stack_json(item->stacks[role]));
	json_object_set_new(object, "stacks", stacks);
	return object;
}

static json_t *open_json(const struct open_place *place)
{
	const struct origin *origin = place->origin;
	json_t *object = json_object(), *growth = json_object(), *open = json_array(), *stacks = json_object();
	set_number(object, "pid", place->process->pid);
	set_number(object, "sockets", (int64_t)place->sockets);
	json_object_set_new(object, "oldest", json_real((double)(place->age / 1000000) / 1e3));
	json_object_set_new(object, "fds", numbers_json(&place->fds));
	set_string(object, "state", state_text(place->oldest->state));
	set_string(object, "local", place->oldest->local);
	set_string(object, "peer", place->oldest->peer);
	for (size_t i = 0; i < origin->n; i++)
		json_array_append_new(open, json_integer((int64_t)origin->growth[i]));
	set_number(growth, "step", origin->step / 1000000000);
	json_object_set_new(growth, "open", open);
	json_object_set_new(object, "growth", growth);
	if (place->opened)
		json_object_set_new(stacks, "opened", stack_json(place->opened));
	json_object_set_new(object, "stacks", stacks);
	return object;
}

int report_json(FILE *out, const struct report *report)
{
	json_t *object = json_object(), *processes = json_array(), *items = json_array();
	for (const struct process *process = report->processes; process; process = process->next)
		json_array_append_new(processes, process_json(process));
	for (size_t i = 0; i < report->n_items; i++)
		json_array_append_new(items, violation_json(&report->items[i]));
	set_string(object, "schema", REPORT_SCHEMA);
	json_object_set_new(object, "tool", json_pack("{s:s, s:s}", "name", "socksan", "version", SOCKSAN_VERSION));
	json_object_set_new(object, "processes", processes);
	json_object_set_new(object, "totals", totals_json(report));
	json_object_set_new(object, "violations", items);
	if (report->n_open) {
		json_t *open = json_array();
		for (size_t i = 0; i < report->n_open; i++)
			json_array_append_new(open, open_json(&report->open[i]));
		json_object_set_new(object, "open", open);
	}
	if (report->n_notes) {
		json_t *notes = json_array();
		for (size_t i = 0; i < report->n_notes; i++)
			json_array_append_new(notes, string_json(report->notes[i]));
		json_object_set_new(object, "notes", notes);
	}
	/* Terminals take some characters beyond ASCII for commands. */
	int failed = json_dumpf(object, out, JSON_INDENT(2) | (isatty(fileno(out)) ? JSON_ENSURE_ASCII : 0));
	json_decref(object);
	return failed || fputc('\n', out) == EOF ? -1 : 0;
}
