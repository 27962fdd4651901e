/* What a run in which a call failed reveals: see verdict.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/explore/verdict.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/base/violation.h"
#include "analyzer/judge/rule.h"
#include "analyzer/report/fingerprint.h"
#include "analyzer/report/injected.h"
#include "analyzer/report/json_stack.h"

/* The first line in "faults" with this word, of any process if pid is 0; NULL: none. */
static const json_t *told(const json_t *report, const char *what, json_int_t pid)
{
	const json_t *fault;
	size_t i;
	json_array_foreach(json_object_get(report, "faults"), i, fault)
	{
		const char *word = json_string_value(json_object_get(fault, "fault"));
		if (word && strcmp(word, what) == 0 &&
		    (pid == 0 || json_integer_value(json_object_get(fault, "pid")) == pid))
			return fault;
	}
	return NULL;
}

bool verdict_reached(const struct trial_result *result) { return told(result->report, "injected", 0) != NULL; }

/* -- violations to leave out: those of the undisturbed runs, and the failure itself -------------------------------- */

static enum violation code_of(const json_t *violation)
{
	const char *slug = json_string_value(json_object_get(violation, "code"));
	return slug ? violation_find(slug) : VIOLATION_none;
}

/* A connection breaks only if the process at its other end, or the network, breaks it. That process has done nothing, so what it then writes is no
 * mistake of its own. */
static bool is_of_the_other_end(const json_t *violation, const struct fault_spec *spec, const json_t *injected)
{
	const char *op = NULL;
	const json_t *pid;
	size_t i;
	json_unpack((json_t *)violation, "{s?{s?{s?s}}}", "calls", "opened", "op", &op);
	if (code_of(violation) != VIOLATION_broken_pipe ||
	    !(fault_breaks_connection(spec->call, spec->error) || (op && strcmp(op, "socketpair") == 0)))
		return false;
	json_array_foreach(json_object_get(violation, "pids"), i, pid)
	{
		if (json_equal((json_t *)pid, json_object_get(injected, "pid")))
			return false;
	}
	return true;
}

/* What a failure entails, as its rule knows: that the descriptor table is full, that the address is taken, that a connection was given up before
 * everything was read. Also codes about how long things took. */
static bool is_the_failure(const struct trial_result *result, const json_t *violation, const struct fault_spec *spec,
			   const json_t *injected)
{
	enum violation code = code_of(violation);
	enum entailed entailed = code == VIOLATION_none ? ENTAILED_NEVER : rules[code]->entailed;
	if (is_of_the_other_end(violation, spec, injected) || entailed == ENTAILED_ALWAYS)
		return true;
	const json_t *at = json_object_get(json_object_get(violation, "stacks"), "at");
	return entailed == ENTAILED_AT_THE_CALL && at && json_equal((json_t *)at, json_object_get(injected, "stack")) &&
	       !(report_signals(result->report) >> SIGPIPE & 1);
}

/* The image of a process that a signal ended; NULL: none did. An exec begins a new image in the same process, and ends no process. */
static const json_t *death_of(const json_t *report, json_int_t pid)
{
	const json_t *process;
	size_t i;
	json_array_foreach(json_object_get(report, "processes"), i, process)
	{
		if (json_integer_value(json_object_get(process, "pid")) == pid &&
		    json_integer_value(json_object_get(process, "signal")) > 0)
			return process;
	}
	return NULL;
}

static bool is_crash(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGABRT;
}

/* What a process left open that died by a signal, as its program did not undisturbed, shows only that it died: it crashed, or a watchdog ended it. */
static bool is_of_a_death(const json_t *report, const json_t *violation, const struct undisturbed *base)
{
	const json_t *pid;
	size_t i;
	if (code_of(violation) != VIOLATION_never_closed)
		return false;
	json_array_foreach(json_object_get(violation, "pids"), i, pid)
	{
		const json_t *dead = death_of(report, json_integer_value(pid));
		int signal = (int)json_integer_value(json_object_get(dead, "signal"));
		if (!dead || (!is_crash(signal) && undisturbed_died(base, json_object_get(dead, "exe"), signal)))
			return false;
	}
	return true;
}

/* -- violations ----------------------------------------------------------------------------------------------- */

static json_t *injected_of(const json_t *injected, const struct fault_spec *spec, const char *again)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:s}", "call", faulty_name(spec->call), "errno", spec->error,
				   "site", spec->site, "occurrence", (int)spec->occurrence, "again", again);
	json_t *stack = json_object_get(injected, "stack");
	if (stack)
		json_object_set(object, "stack", stack);
	return object;
}

/* The fingerprint of a code at a stack. */
static void print_of_stack(enum violation code, const json_t *stack, char print[FINGERPRINT_SIZE], bool *own)
{
	struct symbols *symbols = NULL;
	char *why = json_stack_read(stack, "at", &symbols);
	const struct symbols *stacks[ROLE_COUNT] = {[ROLE_AT] = symbols};
	fingerprint(violations[code].slug, stacks, print);
	*own = false;
	for (size_t i = 0; symbols && i < symbols->n; i++)
		*own |= symbols->list[i].own;
	free(symbols);
	free(why);
}

/* A violation that only `explore` reports. */
struct outcome {
	enum violation code;
	enum severity severity;
	json_int_t pid;
	json_t *stack;	       /* where it happened; NULL: unknown */
	const json_t *told_by; /* the stack by which it is told from others of its code */
	const char *op, *error;
	char *message; /* freed */
};

static json_t *outcome_json(struct outcome outcome)
{
	const struct violation_info *info = &violations[outcome.code];
	char print[FINGERPRINT_SIZE];
	bool own;
	print_of_stack(outcome.code, outcome.told_by, print, &own);
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:b, s:i, s:s, s:b, s:b, s:s, s:s, s:i, s:[I], s:[], s:{}, s:{}}", "code",
			  info->slug, "kind", "socket", "severity", severity_name(outcome.severity), "own", own, "cwe",
			  info->cwe, "fingerprint", print, "known", 0, "suppressed", 0, "message", outcome.message,
			  "help", info->help, "count", 1, "pids", outcome.pid, "fds", "stacks", "calls");
	if (outcome.stack)
		json_object_set(json_object_get(object, "stacks"), "at", outcome.stack);
	if (outcome.op)
		json_object_set_new(json_object_get(object, "calls"), "at",
				    json_pack("{s:s, s:s*}", "op", outcome.op, "errno", outcome.error));
	free(outcome.message);
	return object;
}

static void add(json_t *all, const struct undisturbed *base, json_t *violation, json_t *injected)
{
	if (undisturbed_has(base, json_string_value(json_object_get(violation, "fingerprint")))) {
		json_decref(violation);
		return;
	}
	json_object_set(violation, "injected", injected);
	json_array_append_new(all, violation);
}

/* -- deaths --------------------------------------------------------------------------------------------------- */

static void add_crash(json_t *all, const struct trial_result *result, const struct undisturbed *base,
		      const struct fault_spec *spec, json_t *injected, json_int_t pid, int signal)
{
	const json_t *crash = told(result->report, "crash", pid);
	char *words = injected_words(faulty_name(spec->call), spec->error),
	     *name = xasprintf("SIG%s", sigabbrev_np(signal));
	/* Many programs abort deliberately, with a message, when memory runs out. */
	enum severity severity =
		signal == SIGABRT && faulty_group(spec->call) == GROUP_MEMORY ? SEVERITY_WARNING : SEVERITY_ERROR;
	json_t *stack = crash ? json_object_get(crash, "stack") : NULL;
	add(all, base,
	    outcome_json((struct outcome){.code = VIOLATION_crash_after_fault,
					  .severity = severity,
					  .pid = pid,
					  .stack = stack,
					  .told_by = stack ? stack : json_object_get(injected, "stack"),
					  .op = name,
					  .message = xasprintf("died by %s after %s", name, words)}),
	    injected);
	free(name);
	free(words);
}

static void add_crashes(json_t *all, const struct trial_result *result, const struct undisturbed *base,
			const struct fault_spec *spec, json_t *injected)
{
	const json_t *process;
	size_t i;
	json_array_foreach(json_object_get(result->report, "processes"), i, process)
	{
		int signal = (int)json_integer_value(json_object_get(process, "signal"));
		if (is_crash(signal) && !(base->signals >> signal & 1))
			add_crash(all, result, base, spec, injected,
				  json_integer_value(json_object_get(process, "pid")), signal);
	}
}

/* -- hangs ---------------------------------------------------------------------------------------------------- */

/* The line of the main thread of the process or, if there is none, of any of its threads. */
static const json_t *main_thread(const json_t *report, json_int_t pid)
{
	const json_t *fault;
	size_t i;
	json_array_foreach(json_object_get(report, "faults"), i, fault)
	{
		const char *word = json_string_value(json_object_get(fault, "fault"));
		if (word && strcmp(word, "thread") == 0 && json_integer_value(json_object_get(fault, "pid")) == pid &&
		    json_integer_value(json_object_get(fault, "tid")) == pid)
			return fault;
	}
	return told(report, "thread", pid);
}

/* The stacks of all threads that answered; the place is that of the thread whose call failed. */
static void add_hang(json_t *all, const struct trial_result *result, const struct undisturbed *base,
		     const struct fault_spec *spec, const json_t *fault, json_t *injected)
{
	json_int_t pid = json_integer_value(json_object_get(fault, "pid")), of = pid;
	const json_t *element, *first = main_thread(result->report, pid);
	size_t i;
	json_t *threads = json_array(), *whole = json_copy(injected);
	if (!first)
		first = told(result->report, "thread", 0);
	if (first)
		of = json_integer_value(json_object_get(first, "pid"));
	json_array_foreach(json_object_get(result->report, "faults"), i, element)
	{
		const char *word = json_string_value(json_object_get(element, "fault"));
		if (!word || strcmp(word, "thread") != 0)
			continue;
		json_t *thread = json_pack("{s:O}", "tid", json_object_get(element, "tid"));
		if (json_object_get(element, "stack"))
			json_object_set(thread, "stack", json_object_get(element, "stack"));
		json_array_append_new(threads, thread);
	}
	if (json_array_size(threads) > 0)
		json_object_set(whole, "threads", threads);
	json_decref(threads);
	char *words = injected_words(faulty_name(spec->call), spec->error), *time = time_text(result->took);
	add(all, base,
	    outcome_json(
		    (struct outcome){.code = VIOLATION_hang_after_fault,
				     .severity = SEVERITY_ERROR,
				     .pid = of,
				     .stack = first ? json_object_get(first, "stack") : NULL,
				     .told_by = json_object_get(injected, "stack"), /* it may hang anywhere in a loop */
				     .message = xasprintf("still running %s after its start, after %s", time, words)}),
	    whole);
	json_decref(whole);
	free(time);
	free(words);
}

/* -- failures that were not reported ------------------------------------------------------------------------------ */

/* Whether each line of the text is also in the other text. */
static bool says_nothing_new(const char *text, const char *other)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		const char *at = other;
		while (*at && !(strcspn(at, "\n") == n && memcmp(at, text, n) == 0)) {
			at += strcspn(at, "\n");
			at += *at == '\n';
		}
		if (!*at && n)
			return false;
		text += n;
		text += *text == '\n';
	}
	return true;
}

/* Output is missing, and nothing new was printed. */
static bool is_unreported(const struct trial_result *result, const struct undisturbed *base)
{
	return base->same_status && base->same_out && base->status == 0 && result->status == 0 &&
	       strcmp(result->out, base->out) != 0 && says_nothing_new(result->out, base->out) &&
	       says_nothing_new(result->error, base->error);
}

json_t *verdict(const struct trial_result *result, const struct fault_spec *spec, const struct undisturbed *base,
		const char *again)
{
	json_t *all = json_array(), *violation;
	const json_t *fault = told(result->report, "injected", 0);
	size_t i;
	json_t *injected = injected_of(fault, spec, again);
	if (result->hung) {
		/* What a killed program had open means nothing. */
		add_hang(all, result, base, spec, fault, injected);
		json_decref(injected);
		return all;
	}
	json_array_foreach(json_object_get(result->report, "violations"), i, violation)
	{
		/* Without "injected", it occurred before the failure. */
		if (json_object_get(violation, "injected") && !json_is_true(json_object_get(violation, "suppressed")) &&
		    !is_the_failure(result, violation, spec, fault) && !is_of_a_death(result->report, violation, base))
			add(all, base, json_copy(violation), injected);
	}
	add_crashes(all, result, base, spec, injected);
	if (is_unreported(result, base) && json_array_size(all) == 0) {
		char *words = injected_words(faulty_name(spec->call), spec->error);
		json_t *stack = json_object_get(fault, "stack");
		add(all, base,
		    outcome_json((struct outcome){
			    .code = VIOLATION_unreported_fault,
			    .severity = SEVERITY_WARNING,
			    .pid = json_integer_value(json_object_get(fault, "pid")),
			    .stack = stack,
			    .told_by = stack,
			    .op = faulty_name(spec->call),
			    .error = spec->error,
			    .message =
				    xasprintf("output is missing, yet the program exited 0 with no message, after %s",
					      words)}),
		    injected);
		free(words);
	}
	json_decref(injected);
	return all;
}
