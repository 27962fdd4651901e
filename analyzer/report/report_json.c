/* The report as JSON: the format that other tools read. Its schema is report.schema.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analyzer/report/json_process.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/json_text.h"
#include "analyzer/report/registered.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"
#include "shim/model/version.h"

static json_t *process_json(const struct traced_process *process)
{
	json_t *object = json_process(process);
	json_set_text(object, "how", process->how);
	json_set_text(object, "end", process_end_name(process->end));
	if (process->end == END_EXIT)
		json_set_number(object, "status", process->status);
	if (process->end == END_SIGNAL && process->signal)
		json_set_number(object, "signal", process->signal);
	json_set_number(object, "sockets", (int64_t)process->sockets);
	json_set_number(object, "events", (int64_t)process->events);
	json_set_number(object, "dropped", (int64_t)process->dropped);
	if (process->summed)
		json_set_number(object, "summed_up", (int64_t)process->summed);
	return object;
}

static json_t *totals_json(const struct report *report)
{
	uint64_t counts[CODES] = {0};
	json_t *object = json_object(), *by_code = json_object();
	for (size_t i = 0; i < report->n_items; i++)
		counts[report->items[i].finding->code] += report->items[i].finding->count;
	for (int code = VIOLATION_none + 1; code < CODES; code++)
		if (counts[code])
			json_set_number(by_code, violations[code].slug, (int64_t)counts[code]);
	json_set_number(object, "processes", (int64_t)report->totals.processes);
	json_set_number(object, "sockets", (int64_t)report->totals.sockets);
	json_set_number(object, "events", (int64_t)report->totals.events);
	json_set_number(object, "dropped", (int64_t)report->totals.dropped);
	json_set_number(object, "torn", (int64_t)report->torn);
	json_set_number(object, "open_peak", (int64_t)report->totals.open_peak);
	json_object_set_new(object, "by_code", by_code);
	return object;
}

/* The call that a stack belongs to. */
static json_t *call_json(const struct finding *finding, enum role role)
{
	json_t *object = json_object();
	json_set_text(object, "op", finding->ops[role]);
	if (finding->tids[role] > 0)
		json_set_number(object, "thread", finding->tids[role]);
	if (role == ROLE_OPENED && finding->opener)
		json_set_number(object, "pid", finding->opener);
	if (role == ROLE_AT)
		json_set_text(object, "errno", finding->error);
	return object;
}

static json_t *history_json(const struct report_item *item)
{
	json_t *array = json_array();
	for (size_t i = 0; i < item->finding->story.n; i++) {
		const struct story_step *step = &item->finding->story.steps[i];
		json_t *object = json_object();
		json_set_text(object, "op", step->op);
		json_set_text(object, "errno", step->error);
		json_set_text(object, "to", state_name((unsigned)step->to));
		json_set_number(object, "t", step->t);
		json_set_number(object, "pid", step->pid);
		if (step->tid > 0)
			json_set_number(object, "tid", step->tid);
		if (step->count > 1)
			json_set_number(object, "count", step->count);
		if (step->omitted)
			json_set_number(object, "omitted", step->omitted);
		if (item->places[i])
			json_object_set_new(object, "frame", json_frame(item->places[i]));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *holders_json(const struct finding *finding)
{
	json_t *array = json_array();
	for (size_t i = 0; i < finding->n_sharers; i++) {
		const struct sharer *sharer = &finding->sharers[i];
		json_t *object = json_object();
		json_set_number(object, "pid", sharer->pid);
		json_set_text(object, "name", sharer->name);
		json_set_text(object, "how", sharer->how);
		if (sharer->last)
			json_object_set_new(object, "last", json_true());
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *hosts_json(const struct finding *finding)
{
	json_t *array = json_array();
	for (size_t i = 0; i < finding->hosts.n; i++)
		json_array_append_new(array, json_text(finding->hosts.list[i]));
	return array;
}

static json_t *evidence_json(const struct evidence *evidence)
{
	json_t *object = json_object(), *why = json_array();
	if (evidence->opened) {
		json_set_number(object, "opened", (int64_t)evidence->opened);
		json_set_number(object, "closed", (int64_t)evidence->closed);
		json_set_number(object, "open", (int64_t)evidence->open);
		json_set_number(object, "oldest_ns", evidence->oldest);
	}
	for (int i = 0; i < WHYS; i++)
		if (evidence->why >> i & 1)
			json_array_append_new(why, json_string(evidence_name((enum evidence_why)i)));
	json_object_set_new(object, "why", why);
	return object;
}

static json_t *violation_json(const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct violation_info *info = &violations[finding->code];
	json_t *object = json_object(), *stacks = json_object(), *calls = json_object();
	json_set_text(object, "code", info->slug);
	json_set_text(object, "kind", kind_name(finding->kind));
	json_set_text(object, "severity", severity_name(finding->severity));
	json_object_set_new(object, "own", json_boolean(finding->own));
	json_set_number(object, "cwe", info->cwe);
	json_set_text(object, "cause", cause_name(finding->cause));
	json_set_text(object, "fingerprint", item->fingerprint);
	json_object_set_new(object, "known", json_boolean(item->known));
	json_object_set_new(object, "suppressed", json_boolean(item->suppressed));
	json_set_text(object, "message", finding->message);
	json_set_text(object, "help", finding->help);
	json_set_number(object, "count", (int64_t)finding->count);
	if (finding->at_least)
		json_object_set_new(object, "at_least", json_true());
	json_object_set_new(object, "pids", json_numbers(&finding->pids));
	if (finding->hosts.n)
		json_object_set_new(object, "hosts", hosts_json(finding));
	json_object_set_new(object, "fds", json_numbers(&finding->fds));
	json_set_text(object, "state", state_name(finding->state));
	json_set_text(object, "local", finding->local);
	json_set_text(object, "peer", finding->peer);
	if (finding->evidence.opened || finding->evidence.why)
		json_object_set_new(object, "evidence", evidence_json(&finding->evidence));
	for (int role = 0; role < ROLE_COUNT; role++)
		if (item->stacks[role])
			json_object_set_new(stacks, role_name((enum role)role), json_stack(item->stacks[role]));
	json_object_set_new(object, "stacks", stacks);
	for (int role = 0; role < ROLE_COUNT; role++)
		if (finding_has_call(finding, (enum role)role))
			json_object_set_new(calls, role_name((enum role)role), call_json(finding, (enum role)role));
	json_object_set_new(object, "calls", calls);
	if (finding->story.n)
		json_object_set_new(object, "history", history_json(item));
	if (finding->registered.count)
		json_object_set_new(object, "registered", registered_json(&finding->registered, item->registered));
	injected_json(object, item->injected);
	if (finding->n_sharers)
		json_object_set_new(object, "holders", holders_json(finding));
	return object;
}

static json_t *open_json(const struct open_place *place)
{
	const struct origin *origin = place->origin;
	json_t *object = json_object(), *growth = json_object(), *open = json_array(), *stacks = json_object(),
	       *states = json_object();
	json_set_number(object, "pid", place->process->pid);
	json_set_number(object, "sockets", (int64_t)place->sockets);
	json_object_set_new(object, "oldest", json_real((double)(place->age / 1000000) / 1e3));
	json_object_set_new(object, "fds", json_numbers(&place->fds));
	json_set_text(object, "state", state_name(place->oldest->state));
	for (unsigned state = STATE_NONE + 1; state < STATES; state++)
		if (place->states[state])
			json_set_number(states, state_name(state), (int64_t)place->states[state]);
	if (json_object_size(states))
		json_object_set(object, "states", states);
	json_decref(states);
	json_set_text(object, "local", place->oldest->local);
	json_set_text(object, "peer", place->oldest->peer);
	for (size_t i = 0; i < origin->n; i++)
		json_array_append_new(open, json_integer((int64_t)origin->growth[i]));
	json_set_number(growth, "step", origin->step / 1000000000);
	json_object_set_new(growth, "open", open);
	json_object_set_new(object, "growth", growth);
	if (place->opened)
		json_object_set_new(stacks, "opened", json_stack(place->opened));
	json_object_set_new(object, "stacks", stacks);
	return object;
}

static json_t *incomplete_json(const struct incompletes *all)
{
	json_t *array = json_array();
	for (size_t i = 0; i < all->n; i++) {
		json_t *object = json_object();
		json_set_text(object, "why", all->list[i].why);
		if (all->list[i].pid >= 0)
			json_set_number(object, "pid", all->list[i].pid);
		if (all->list[i].count)
			json_set_number(object, "count", (int64_t)all->list[i].count);
		json_set_text(object, "message", all->list[i].message);
		json_array_append_new(array, object);
	}
	return array;
}

/* Of a call that failed as violations have the stacks of calls; of others whole, since nobody called the place where a signal came. */
static json_t *note_stack(const struct fault_note *note)
{
	if (strcmp(note->what, "injected") == 0)
		return json_stack(symbolize(note->at->stack));
	struct symbols *whole = symbolize_whole(note->at->stack);
	json_t *stack = json_stack(whole);
	free(whole);
	return stack;
}

/* What processes told of calls that may fail, or failed on purpose. */
static json_t *faults_json(const struct report *report)
{
	json_t *array = json_array();
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		for (const struct fault_note *note = process->faults; note; note = note->next) {
			json_t *object = json_object();
			json_set_text(object, "fault", note->what);
			json_set_number(object, "pid", process->pid);
			if (note->tid > 0)
				json_set_number(object, "tid", note->tid);
			json_set_text(object, "op", note->op);
			json_set_text(object, "errno", note->error);
			json_set_text(object, "site", note->site);
			if (note->at && note->at->stack)
				json_object_set_new(object, "stack", note_stack(note));
			json_array_append_new(array, object);
		}
	}
	return array;
}

int report_json(FILE *out, const struct report *report)
{
	json_t *object = json_object(), *processes = json_array(), *items = json_array();
	for (const struct traced_process *process = report->processes; process; process = process->next)
		json_array_append_new(processes, process_json(process));
	for (size_t i = 0; i < report->n_items; i++)
		json_array_append_new(items, violation_json(&report->items[i]));
	json_set_text(object, "schema", REPORT_SCHEMA);
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
			json_array_append_new(notes, json_text(report->notes[i]));
		json_object_set_new(object, "notes", notes);
	}
	json_t *faults = report->faults ? json_incref(report->faults) : faults_json(report);
	if (json_array_size(faults))
		json_object_set(object, "faults", faults);
	json_decref(faults);
	if (report->explored)
		json_object_set_new(object, "explored", explored_json(report->explored));
	if (report->incomplete.n)
		json_object_set_new(object, "incomplete", incomplete_json(&report->incomplete));
	return json_write(out, object);
}
