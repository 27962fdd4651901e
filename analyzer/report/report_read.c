/* Reads a JSON report back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/report_read.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/json_stack.h"
#include "analyzer/report/registered.h"
#include "analyzer/weigh/own_code.h"

/* NULL, or why it is not a report that this version can use, to be freed. */
static char *check(const char *name, const json_t *report)
{
	const char *schema = json_string_value(json_object_get(report, "schema"));
	if (json_object_get(report, "ev"))
		return xasprintf("%s: a trace, not a report; `socksan report` makes one of it", name);
	if (!schema || strncmp(schema, REPORT_SCHEMA, REPORT_SCHEMA_NAME) != 0)
		return xasprintf("%s: not a SockSan report: its \"schema\" is not " REPORT_SCHEMA, name);
	if (strcmp(schema, REPORT_SCHEMA) != 0)
		return xasprintf("%s: written by a newer SockSan, as %s; this one reads " REPORT_SCHEMA, name, schema);
	if (!json_is_array(json_object_get(report, "violations")))
		return xasprintf("%s: not a SockSan report: its \"violations\" is not an array", name);
	return NULL;
}

json_t *report_parse(const char *name, const char *text, size_t n, char **why)
{
	json_error_t error;
	size_t blank = 0;
	while (blank < n && strchr(" \t\r\n", text[blank]) && text[blank])
		blank++;
	if (blank == n) {
		*why = xasprintf("%s: empty", name);
		return NULL;
	}
	json_t *report = json_loadb(text, n, JSON_DISABLE_EOF_CHECK, &error);
	if (!report) {
		*why = xasprintf("%s:%d: not JSON: %s", name, error.line, error.text);
		return NULL;
	}
	*why = check(name, report);
	/* A trace has more lines, and is recognized by its first. */
	size_t end = (size_t)error.position;
	while (!*why && end < n)
		if (!text[end] || !strchr(" \t\r\n", text[end++]))
			*why = xasprintf("%s: not JSON: more after the end of the report", name);
	if (!*why)
		return report;
	json_decref(report);
	return NULL;
}

/* -- elements ------------------------------------------------------------------------------------------------- */

static char *read_numbers(const json_t *json, const char *key, struct int_set *numbers)
{
	const json_t *value;
	size_t i;
	if (!json_is_array(json))
		return xasprintf("\"%s\" is not an array", key);
	json_array_foreach(json, i, value)
	{
		if (!json_is_integer(value))
			return xasprintf("%s[%zu] is not a whole number", key, i);
		int_set_add(numbers, json_integer_value(value));
	}
	int_set_settle(numbers);
	return NULL;
}

/* The state with this name; STATE_ABSENT for none, STATES if there is no such state. */
static enum state state_of(const char *name)
{
	int state = name ? STATE_NONE + 1 : STATE_ABSENT;
	while (name && state < STATES && strcmp(state_name((unsigned)state), name) != 0)
		state++;
	return (enum state)state;
}

static enum kind kind_of(const char *name)
{
	unsigned kind = 0;
	while (kind < KINDS && strcmp(name, kind_name(kind)) != 0)
		kind++;
	return (enum kind)kind;
}

static enum cause cause_of(const char *name)
{
	int cause = name ? CAUSE_none + 1 : CAUSE_none;
	while (name && cause < CAUSES && strcmp(cause_name((unsigned)cause), name) != 0)
		cause++;
	return (enum cause)cause;
}

static char *copy_of(const char *text) { return text ? xstrdup(text) : NULL; }

static char *read_call(const json_t *json, struct finding *finding, enum role role)
{
	const char *op = NULL, *error_name = NULL;
	json_int_t thread = 0, pid = 0;
	json_error_t error;
	if (!json)
		return NULL;
	if (json_unpack_ex((json_t *)json, &error, 0, role == ROLE_OTHER ? "{s?s, s?I, s?s}" : "{s:s, s?I, s?s, s?I}",
			   "op", &op, "thread", &thread, "errno", &error_name, "pid", &pid) != 0)
		return xasprintf("calls.%s: %s", role_name(role), error.text);
	finding->ops[role] = op ? intern(op) : NULL;
	finding->tids[role] = thread;
	if (role == ROLE_OPENED)
		finding->opener = pid;
	if (error_name && role == ROLE_AT)
		finding->error = intern(error_name);
	return NULL;
}

static char *read_holders(const json_t *json, struct finding *finding)
{
	const json_t *holder;
	size_t i;
	if (!json)
		return NULL;
	if (!json_is_array(json))
		return xstrdup("\"holders\" is not an array");
	finding->sharers = xcalloc(json_array_size(json), sizeof *finding->sharers);
	json_array_foreach(json, i, holder)
	{
		const char *name = NULL, *how = NULL;
		json_int_t pid;
		int last = 0;
		json_error_t error;
		if (json_unpack_ex((json_t *)holder, &error, 0, "{s:I, s?s, s?s, s?b}", "pid", &pid, "name", &name,
				   "how", &how, "last", &last) != 0)
			return xasprintf("holders[%zu]: %s", i, error.text);
		finding->sharers[finding->n_sharers++] =
			(struct sharer){pid, name ? intern(name) : NULL, how ? intern(how) : NULL, last};
	}
	return NULL;
}

static char *read_evidence(const json_t *json, struct evidence *evidence)
{
	const json_t *why = NULL, *word;
	json_int_t opened = 0, closed = 0, open = 0, oldest = 0;
	size_t i;
	json_error_t error;
	if (!json)
		return NULL;
	if (json_unpack_ex((json_t *)json, &error, 0, "{s?I, s?I, s?I, s?I, s:o}", "opened", &opened, "closed", &closed,
			   "open", &open, "oldest_ns", &oldest, "why", &why) != 0)
		return xasprintf("evidence: %s", error.text);
	if (opened < 0 || closed < 0 || open < 0 || oldest < 0)
		return xstrdup("evidence: a number below 0");
	*evidence = (struct evidence){(uint64_t)opened, (uint64_t)closed, (uint64_t)open, oldest, 0, -1};
	json_array_foreach(why, i, word)
	{
		const char *name = json_is_string(word) ? json_string_value(word) : "";
		unsigned reason = 0;
		while (reason < WHYS && strcmp(name, evidence_name((enum evidence_why)reason)) != 0)
			reason++;
		if (reason == WHYS)
			return xasprintf("evidence: no reason '%s'", name);
		evidence->why |= 1u << reason;
	}
	return NULL;
}

static char *read_history(const json_t *json, struct read_item *read)
{
	struct story *story = &read->finding.story;
	const json_t *object;
	size_t i;
	if (!json)
		return NULL;
	if (!json_is_array(json) || json_array_size(json) > STORY_STEPS)
		return xasprintf("\"history\" is not an array of at most %d steps", STORY_STEPS);
	json_array_foreach(json, i, object)
	{
		const char *op, *error_name = NULL, *to = NULL;
		const json_t *frame = NULL;
		json_int_t t, pid, tid = -1, count = 1, omitted = 0;
		json_error_t error;
		if (json_unpack_ex((json_t *)object, &error, 0, "{s:s, s?s, s?s, s:I, s:I, s?I, s?I, s?I, s?o}", "op",
				   &op, "errno", &error_name, "to", &to, "t", &t, "pid", &pid, "tid", &tid, "count",
				   &count, "omitted", &omitted, "frame", &frame) != 0)
			return xasprintf("history[%zu]: %s", i, error.text);
		if (state_of(to) == STATES)
			return xasprintf("history[%zu]: no state '%s'", i, to);
		if (count < 1 || count > UINT32_MAX || omitted < 0 || omitted > UINT32_MAX)
			return xasprintf("history[%zu]: an impossible number", i);
		story->steps[story->n++] = (struct story_step){
			.op = intern(op),
			.error = error_name ? intern(error_name) : NULL,
			.t = t,
			.pid = pid,
			.tid = tid,
			.count = (uint32_t)count,
			.omitted = (uint32_t)omitted,
			.to = state_of(to),
		};
		char *why = frame ? json_frame_read(frame, &read->places[i]) : NULL;
		if (why) {
			char *full = xasprintf("history[%zu]: %s", i, why);
			free(why);
			return full;
		}
		read->item.places[i] = frame ? &read->places[i] : NULL;
	}
	return NULL;
}

static char *read_stacks(const json_t *stacks, const json_t *calls, struct read_item *read)
{
	char *why = NULL;
	for (int role = 0; role < ROLE_COUNT && !why; role++) {
		const char *name = role_name((enum role)role);
		why = json_stack_read(json_object_get(stacks, name), name, &read->stacks[role]);
		read->item.stacks[role] = read->stacks[role];
		if (!why)
			why = read_call(json_object_get(calls, name), &read->finding, (enum role)role);
	}
	return why;
}

static char *read_hosts(const json_t *json, struct text_set *hosts)
{
	const json_t *host;
	size_t i;
	if (json && !json_is_array(json))
		return xstrdup("\"hosts\" is no array");
	json_array_foreach(json, i, host)
	{
		if (!json_is_string(host))
			return xasprintf("hosts[%zu] is no string", i);
		text_set_add(hosts, intern(json_string_value(host)));
	}
	return NULL;
}

/* Which it occurred in. */
static char *read_processes(const json_t *json, struct finding *finding)
{
	char *why = read_numbers(json_object_get(json, "pids"), "pids", &finding->pids);
	if (!why && (finding->pids.n == 0 || finding->pids.values[0] < 0))
		why = xstrdup("\"pids\" is no list of processes");
	return why ? why : read_hosts(json_object_get(json, "hosts"), &finding->hosts);
}

/* What speaks for the violation, and what was let fail before it. */
static char *read_beside(const json_t *json, struct read_item *read)
{
	char *why = read_evidence(json_object_get(json, "evidence"), &read->finding.evidence);
	if (!why)
		why = registered_read(json_object_get(json, "registered"), &read->finding.registered, read->registered,
				      read->item.registered);
	if (!why)
		why = injected_read(json, &read->injected);
	read->item.injected = read->injected;
	return why;
}

char *read_item(const json_t *json, struct read_item *read)
{
	const char *code, *kind = "socket", *severity, *cause = NULL, *print, *message, *state = NULL, *local = NULL,
			  *peer = NULL, *help = NULL;
	const json_t *fds, *stacks, *calls = NULL, *holders = NULL, *own = NULL, *history = NULL;
	int known = 0, suppressed = 0;
	json_int_t count;
	json_error_t error;
	*read = (struct read_item){0};
	if (json_unpack_ex((json_t *)json, &error, 0,
			   "{s:s, s?s, s:s, s?s, s:s, s?b, s?b, s:s, s:I, s:o, s?s, s?s, s?s, s:o, s?o, s?o, s?s, "
			   "s?o, s?o}",
			   "code", &code, "kind", &kind, "severity", &severity, "cause", &cause, "fingerprint", &print,
			   "known", &known, "suppressed", &suppressed, "message", &message, "count", &count, "fds",
			   &fds, "state", &state, "local", &local, "peer", &peer, "stacks", &stacks, "calls", &calls,
			   "holders", &holders, "help", &help, "own", &own, "history", &history) != 0)
		return xstrdup(error.text);

	struct finding *finding = &read->finding;
	enum violation found = violation_find(code);
	if (!found)
		return xasprintf("this SockSan knows no code '%s'", code);
	if (!fingerprint_is_valid(print))
		return xstrdup("\"fingerprint\" is not 16 hex digits");
	if (count < 1)
		return xstrdup("\"count\" is below 1");
	if (severity_find(severity) == SEVERITIES)
		return xasprintf("no severity '%s'", severity);
	if (kind_of(kind) == KINDS)
		return xasprintf("no kind '%s'", kind);
	if (cause_of(cause) == CAUSES)
		return xasprintf("no cause '%s'", cause);
	if (state_of(state) == STATES)
		return xasprintf("no state '%s'", state);
	if (!json_is_object(stacks))
		return xstrdup("\"stacks\" is not an object");
	*finding = (struct finding){
		.code = found,
		.kind = kind_of(kind),
		.former = kind_of(kind),
		.severity = severity_find(severity),
		.cause = cause_of(cause),
		.count = (uint64_t)count,
		.at_least = json_is_true(json_object_get(json, "at_least")),
		.process = &read->process,
		.state = state_of(state),
		.local = copy_of(local),
		.peer = copy_of(peer),
		.message = xstrdup(message),
		.help = help ? intern(help) : violations[found].help,
	};
	read->item.finding = finding;
	read->item.known = known;
	read->item.suppressed = suppressed;
	strcpy(read->item.fingerprint, print);
	char *why = read_numbers(fds, "fds", &finding->fds);
	if (!why)
		why = read_stacks(stacks, calls, read);
	if (!why)
		fingerprint_old(code, read->item.stacks, read->item.old_fingerprint);
	finding->own = own ? json_is_true(own) : is_own_finding(finding, read->item.stacks);
	if (!why)
		why = read_holders(holders, finding);
	if (!why)
		why = read_beside(json, read);
	why = why ? why : read_history(history, read);
	return why ? why : read_processes(json, finding);
}

void read_item_free(struct read_item *read)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		free(read->stacks[role]);
	injected_free(read->injected);
	free(read->finding.pids.values);
	free(read->finding.hosts.list);
	free(read->finding.fds.values);
	free(read->finding.sharers);
	free(read->finding.local);
	free(read->finding.peer);
	free(read->finding.message);
}

char *read_process(const json_t *json, struct traced_process *process)
{
	const char *exe = NULL, *how = NULL, *host = NULL, *end;
	const json_t *argv = NULL, *arg;
	json_int_t pid, ppid = -1, status = -1, sockets, events, dropped;
	int signal = 0;
	size_t i;
	json_error_t error;
	*process = (struct traced_process){0};
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:I, s?I, s?s, s?s, s?o, s?s, s:s, s?I, s?i, s:I, s:I, s:I}",
			   "pid", &pid, "ppid", &ppid, "host", &host, "exe", &exe, "argv", &argv, "how", &how, "end",
			   &end, "status", &status, "signal", &signal, "sockets", &sockets, "events", &events,
			   "dropped", &dropped) != 0)
		return xstrdup(error.text);
	int ended = END_UNKNOWN;
	while (ended < ENDS && strcmp(process_end_name((enum process_end)ended), end) != 0)
		ended++;
	if (ended == ENDS)
		return xasprintf("no end '%s'", end);
	if (argv && !json_is_array(argv))
		return xstrdup("\"argv\" is not an array");
	if (pid < 0 || sockets < 0 || events < 0 || dropped < 0 || signal < 0)
		return xstrdup("a number below 0");
	json_array_foreach(argv, i, arg) if (!json_is_string(arg)) return xasprintf("argv[%zu] is not a string", i);
	/* Only what is written again, so that order and keys depend on nothing else. */
	*process = (struct traced_process){
		.pid = pid,
		.ppid = ppid < 0 ? -1 : ppid,
		.host = host ? intern(host) : NULL,
		.exe = exe ? intern(exe) : NULL,
		.how = how ? intern(how) : NULL,
		.n_argv = json_array_size(argv),
		.announced = argv != NULL,
		.end = (enum process_end)ended,
		.status = ended == END_EXIT && status >= 0 ? status : -1,
		.signal = ended == END_SIGNAL ? signal : 0,
		.sockets = (uint64_t)sockets,
		.events = (uint64_t)events,
		.dropped = (uint64_t)dropped,
	};
	process->argv = argv ? xcalloc(process->n_argv, sizeof *process->argv) : NULL;
	json_array_foreach(argv, i, arg) process->argv[i] = (char *)intern(json_string_value(arg));
	return NULL;
}

char *read_incomplete(const json_t *json, struct incomplete *incomplete)
{
	const char *why, *message;
	json_int_t pid = -1, count = 0;
	json_error_t error;
	*incomplete = (struct incomplete){0};
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:s, s?I, s?I, s:s}", "why", &why, "pid", &pid, "count", &count,
			   "message", &message) != 0)
		return xstrdup(error.text);
	if (!incomplete_is_word(why))
		return xasprintf("no reason '%s'", why);
	if (pid < -1 || count < 0)
		return xstrdup("a number below 0");
	*incomplete = (struct incomplete){.why = intern(why),
					  .pid = pid,
					  .count = (uint64_t)count,
					  .message = (char *)(uintptr_t)message};
	return NULL;
}

/* How many are in each state. */
static char *read_states(const json_t *json, uint64_t states[STATES])
{
	const char *name;
	json_t *count;
	json_object_foreach((json_t *)json, name, count)
	{
		if (state_of(name) == STATES || !json_is_integer(count) || json_integer_value(count) < 0)
			return xasprintf("states: no count of a state '%s'", name);
		states[state_of(name)] = (uint64_t)json_integer_value(count);
	}
	return NULL;
}

char *read_open(const json_t *json, struct read_open *read)
{
	const char *state = NULL, *local = NULL, *peer = NULL;
	const json_t *fds, *stacks, *growth, *n;
	json_int_t pid, sockets, step;
	double oldest;
	size_t i;
	json_error_t error;
	*read = (struct read_open){0};
	if (json_unpack_ex((json_t *)json, &error, 0, "{s:I, s:I, s:F, s:o, s?s, s?s, s?s, s:{s:I, s:o}, s:o}", "pid",
			   &pid, "sockets", &sockets, "oldest", &oldest, "fds", &fds, "state", &state, "local", &local,
			   "peer", &peer, "growth", "step", &step, "open", &growth, "stacks", &stacks) != 0)
		return xstrdup(error.text);
	if (state_of(state) == STATES)
		return xasprintf("no state '%s'", state);
	if (pid < 0 || sockets < 1 || step < 1 || step > INT64_MAX / 1000000000 || !(oldest >= 0 && oldest < 9e9))
		return xstrdup("an impossible number");
	if (!json_is_array(growth) || json_array_size(growth) > GROWTH_STEPS)
		return xasprintf("\"growth\" has no array of at most %d numbers", GROWTH_STEPS);
	read->process.pid = pid;
	read->life = (struct socket_life){.process = &read->process,
					  .state = state_of(state),
					  .local = copy_of(local),
					  .peer = copy_of(peer)};
	read->origin.step = step * 1000000000;
	json_array_foreach(growth, i, n) read->origin.growth[read->origin.n++] = (uint64_t)json_integer_value(n);
	/* As it is written, to the millisecond: a whole number of those survives any number of merges. */
	read->place = (struct open_place){.sockets = (uint64_t)sockets, .age = (int64_t)(oldest * 1e3 + 0.5) * 1000000};
	char *why = read_numbers(fds, "fds", &read->place.fds);
	if (!why)
		why = read_states(json_object_get(json, "states"), read->place.states); /* earlier versions had none */
	return why ? why : json_stack_read(json_object_get(stacks, "opened"), "opened", &read->opened);
}

void read_open_free(struct read_open *read)
{
	free(read->life.local);
	free(read->life.peer);
	free(read->place.fds.values);
	free(read->opened);
}
