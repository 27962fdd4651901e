/* From traces to reports: reads, replays, judges, writes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/deliver.h"
#include "analyzer/judge/judge.h"
#include "analyzer/replay/ends.h"
#include "analyzer/symbols/go_program.h"
#include "analyzer/symbols/debug_files.h"
#include "analyzer/symbols/opened_modules.h"
#include "analyzer/base/proc.h"
#include "analyzer/base/progress.h"
#include "analyzer/replay/ops.h"
#include "analyzer/report/after_fault.h"
#include "analyzer/report/group.h"
#include "analyzer/report/history.h"
#include "analyzer/report/name_hint.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/written.h"
#include "analyzer/report/lifelines.h"
#include "analyzer/read/board_file.h"
#include "analyzer/read/trace_reader.h"
#include "analyzer/base/util.h"
#include "analyzer/weigh/weigh.h"

enum { PIDS_NAMED = 5 };

/* What boards say, in addition to the traces. */
struct beside {
	struct board board;  /* sums */
	uint64_t unobserved; /* programs that were started and not entered */
	char **names;	     /* of those that are known */
	size_t n_names, cap;
	struct int_set untold; /* running processes that have recorded nothing yet */
};

/* -- notes ---------------------------------------------------------------------------------------------------- */

void report_note(struct report *report, char *note)
{
	report->notes = xreallocarray(report->notes, report->n_notes + 1, sizeof *report->notes);
	report->notes[report->n_notes++] = note;
}

void report_settle_hosts(struct report *report)
{
	struct text_set hosts = {0};
	for (const struct traced_process *process = report->processes; process && hosts.n < 2; process = process->next)
		text_set_add(&hosts, process->host);
	report->many_hosts = hosts.n > 1;
	for (size_t i = 0; !report->many_hosts && i < report->n_items; i++)
		report->items[i].finding->hosts.n = 0;
	for (size_t i = 0; report->many_hosts && i < report->n_open; i++)
		report->open[i].host = report->open[i].process->host;
	free(hosts.list);
}

/* The processes that ended in this way, named in one note. */
static void note_processes(struct report *report, bool (*is)(const struct traced_process *), const char *one,
			   const char *many)
{
	char *names = xstrdup("");
	uint64_t n = 0;
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		if (!is(process) || n++ >= PIDS_NAMED)
			continue;
		const char *name = process_name(process);
		char *longer = xasprintf("%s%s%lld%s%s%s", names, n > 1 ? ", " : "", (long long)process->pid,
					 name ? " (" : "", name ? name : "", name ? ")" : "");
		free(names);
		names = longer;
	}
	if (n > PIDS_NAMED)
		report_note(report, xasprintf("processes %s and %llu more %s", names,
					      (unsigned long long)n - PIDS_NAMED, many));
	else if (n > 1)
		report_note(report, xasprintf("processes %s %s", names, many));
	else if (n)
		report_note(report, xasprintf("process %s %s", names, one));
	free(names);
}

static bool still_runs(const struct traced_process *process) { return process->end == END_RUNNING; }

static bool was_detached(const struct traced_process *process)
{
	return process->end == END_DETACHED && !process_attached_again(process);
}

static bool has_own_table(const struct traced_process *process) { return process->own_table; }

/* Many processes run the same program. */
static bool runs_go(const struct traced_process *process)
{
	static char *last;
	static bool is;
	if (process->exe && (!last || strcmp(last, process->exe) != 0)) {
		free(last);
		last = xstrdup(process->exe);
		is = is_go_program(last);
	}
	return process->exe && is;
}

static void note_module(void *context, const char *module, const char *why)
{
	report_note(context, xasprintf("%s %s: its frames show only module and offset", module, why));
}

/* Programs that the traced processes started and the shim did not enter. */
static void note_unobserved(struct report *report, const struct beside *beside)
{
	enum { NAMED = 8 };
	uint64_t n = beside->unobserved, named = beside->n_names < NAMED ? beside->n_names : NAMED;
	if (!n)
		return;
	char *names = xstrdup("");
	for (size_t i = 0; i < named; i++) {
		char *longer = xasprintf("%s%s%s", names, i ? ", " : ": ", beside->names[i]);
		free(names);
		names = longer;
	}
	char *more = named && named < n ? xasprintf(" and %llu more", (unsigned long long)(n - named)) : xstrdup("");
	report_note(report, xasprintf("%llu program%s not observed%s%s: static, set-user-ID, of another libc or "
				      "architecture, started with an environment without the shim, or ended before the "
				      "loader loaded it",
				      (unsigned long long)n, n == 1 ? " was" : "s were", names, more));
	free(more);
	free(names);
}

/* What processes closed of which the lines are gone: no loss, but no more than a number either. */
static void note_summed(struct report *report)
{
	uint64_t sockets = 0, places = 0;
	bool partly = false; /* an exit line has the number of all events */
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		sockets += process->summed;
		partly |= process->summed && !process->exited;
		for (const struct origin *origin = process->origins; origin; origin = origin->hh.next)
			places += origin->summed != 0;
	}
	if (sockets)
		report_note(report,
			    xasprintf("%llu socket%s from %llu place%s %s closed and %s only counted: max_bytes "
				      "left no room for their lines%s",
				      (unsigned long long)sockets, sockets == 1 ? "" : "s", (unsigned long long)places,
				      places == 1 ? "" : "s", sockets == 1 ? "was" : "were",
				      sockets == 1 ? "is" : "are",
				      partly ? "; events are counted in the lines that are left" : ""));
}

/* The call that was made to fail. */
static void note_injected(struct report *report, const struct run_facts *run)
{
	bool met = false;
	for (const struct traced_process *process = report->processes; process; process = process->next) {
		for (const struct fault_note *note = process->faults; note; note = note->next) {
			if (strcmp(note->what, "injected") != 0 || !note->op || !note->error)
				continue;
			char *words = injected_words(note->op, note->error);
			report_note(report,
				    xasprintf("%s in process %lld, as asked for", words, (long long)process->pid));
			free(words);
			met = true;
		}
	}
	if (run && run->injects && !met)
		report_note(report, xstrdup("the call that was to fail was never reached: nothing failed"));
}

static void make_notes(struct report *report, const struct judge *judge, const struct run_facts *run,
		       const struct beside *beside)
{
	uint64_t unseen = 0, unknown;
	for (const struct traced_process *process = report->processes; process; process = process->next)
		unseen += process->unseen;
	if (run && run->not_observed)
		report_note(report, xasprintf("nothing was observed of %s: %s",
					      run->argv && *run->argv ? *run->argv : "the command", run->not_observed));
	else if (!report->observed)
		report_note(report, xstrdup("nothing was observed: no trace was written"));
	else if (!report->processes)
		report_note(report, xasprintf("%llu program%s observed, and %s used a socket",
					      (unsigned long long)beside->board.observed,
					      beside->board.observed == 1 ? " was" : "s were",
					      beside->board.observed == 1 ? "it never" : "none"));
	note_injected(report, run);
	note_unobserved(report, beside);
	if (beside->untold.n)
		report_note(
			report,
			beside->untold.n == 1
				? xasprintf("process %lld still runs and has recorded nothing yet: sockets that were "
					    "handed on to a child are not judged",
					    (long long)beside->untold.values[0])
				: xasprintf("%zu processes still run and have recorded nothing yet: sockets that were "
					    "handed on to a child are not judged",
					    beside->untold.n));
	if (unseen)
		report_note(report,
			    xasprintf("%llu %s%s closed where SockSan cannot see (closed-unseen)",
				      (unsigned long long)unseen, report->sockets_alone ? "socket" : "descriptor",
				      unseen == 1 ? " was" : "s were"));
	note_summed(report);
	note_processes(report, still_runs, "still runs: its open sockets are not judged",
		       "still run: their open sockets are not judged");
	note_processes(report, was_detached, "was detached from: what it had open then is not judged",
		       "were detached from: what they had open then is not judged");
	note_processes(report, has_own_table,
		       "had a thread or child with a descriptor table of its own, whose sockets are not recorded",
		       "had threads or children with descriptor tables of their own, whose sockets are not recorded");
	note_processes(
		report, runs_go,
		"is a Go program: what Go opens by system calls of its own, as package net does, is not observed, only "
		"what C code does",
		"are Go programs: what Go opens by system calls of its own, as package net does, is not observed, only "
		"what C code does");
	const char *tag = judge_unknown_tag(judge, &unknown);
	if (tag)
		report_note(report,
			    xasprintf("%llu line%s tagged with a violation that this SockSan does not know, such as %s",
				      (unsigned long long)unknown, unknown == 1 ? " is" : "s are", tag));
	size_t more = modules_problems(note_module, report);
	if (more)
		report_note(report,
			    xasprintf("%zu more modules could not be read: their frames show only module and offset",
				      more));
	if (debug_files_too_large())
		report_note(report,
			    xasprintf("%s has compressed sections out of all proportion to its size: it was not read",
				      debug_files_too_large()));
	if (debug_files_gave_up())
		report_note(report, xstrdup("debuginfod did not answer in time: some frames lack function and line"));
	note_packages(report);
}

/* -- the way from one to the other ---------------------------------------------------------------------------- */

static void check_op(struct trace_reader *reader, const struct trace_event *event)
{
	if (!event->op || !op_is_news(event->op))
		return;
	char *what =
		xasprintf("\"op\" is \"%.40s\", which this SockSan does not know; a socket that it makes or closes is "
			  "not followed",
			  event->op);
	trace_reader_complain(reader, event, what);
	free(what);
}

/* -1 if an input could not be used at all. */
static int read_all(struct trace_reader *reader, struct replay *replay, struct judge *judge,
		    struct lifelines *lifelines, const char *const *paths, size_t n)
{
	const struct trace_event *event;
	const char *contradiction;
	struct moment moment;
	int result = 0;
	progress_stage("reading traces");
	trace_reader_on_progress(reader, progress_show);
	for (size_t i = 0; i < n; i++)
		if (trace_reader_add(reader, paths[i]) < 0)
			result = -1;
	while ((event = trace_reader_next(reader))) {
		bool fact = replay_event(replay, event, &moment, &contradiction);
		if (contradiction)
			trace_reader_complain(reader, event, contradiction);
		if (!fact)
			continue;
		check_op(reader, event);
		judge_moment(judge, &moment);
		if (lifelines)
			lifelines_learn(lifelines, &moment);
	}
	trace_reader_finish(reader);
	progress_end();
	return result;
}

static int compare_items(const void *a, const void *b)
{
	return weigh_compare(((const struct report_item *)a)->finding, ((const struct report_item *)b)->finding);
}

/* The listener is shown where it says more: an accept has only the frames of an event loop and its callers. */
static void settle_listener(struct report_item *item, struct finding *finding)
{
	const struct symbols *accepted = item->stacks[ROLE_OPENED], *opened = item->stacks[ROLE_OTHER];
	if (!finding_has_listener(finding) || (accepted && opened && symbols_are_outer(accepted, opened)))
		return;
	item->stacks[ROLE_OTHER] = NULL;
	finding->stacks[ROLE_OTHER] = NULL;
	finding->ops[ROLE_OTHER] = NULL;
}

/* Whether lines of such violations may be gone. Which place of another process is this one is not asked. */
static bool may_be_more(const struct finding *finding, const struct traced_process *processes)
{
	const struct stack_ref *opened = finding->stacks[ROLE_OPENED];
	for (const struct traced_process *process = processes; process; process = process->next)
		for (const struct origin *origin = process->origins; origin; origin = origin->hh.next) {
			bool here =
				process != finding->process || !opened || !origin->opened || origin->opened == opened;
			if (here && origin->crowded >> finding->code & 1)
				return true;
		}
	return false;
}

/* The codes of which any place has more than it kept. */
static uint64_t crowded_codes(const struct traced_process *processes)
{
	uint64_t codes = 0;
	for (const struct traced_process *process = processes; process; process = process->next)
		for (const struct origin *origin = process->origins; origin; origin = origin->hh.next)
			codes |= origin->crowded;
	return codes;
}

static struct report_item *make_items(const struct judge *judge, const struct traced_process *processes, size_t *n,
				      const struct limits *limits)
{
	struct finding *const *findings = judge_findings(judge, n);
	struct report_item *items = xcalloc(*n, sizeof *items);
	uint64_t crowded = crowded_codes(processes);
	for (size_t i = 0; i < *n; i++) {
		struct report_item *item = &items[i];
		progress_stage("finding functions and lines");
		progress_show(i, *n);
		item->finding = findings[i];
		item->finding->at_least = crowded >> item->finding->code & 1 && may_be_more(item->finding, processes);
		for (int role = 0; role < ROLE_COUNT; role++) {
			const struct stack_ref *ref = findings[i]->stacks[role];
			item->stacks[role] = ref && ref->stack ? symbolize(ref->stack) : NULL;
		}
		settle_listener(item, findings[i]);
		fingerprint(violations[findings[i]->code].slug, item->stacks, item->fingerprint);
		fingerprint_old(violations[findings[i]->code].slug, item->stacks, item->old_fingerprint);
		history_symbolize(item);
	}
	progress_end();
	*n = group_items(items, *n);
	for (size_t i = 0; i < *n; i++) {
		weigh(items[i].finding, items[i].stacks, limits);
		judge_advise(items[i].finding, items[i].stacks, items[i].places);
	}
	qsort(items, *n, sizeof *items, compare_items);
	return items;
}

static enum delivered report_judged(const struct delivery *delivery, struct report *report, const struct judge *judge,
				    const struct run_facts *run, const struct beside *beside)
{
	report->items = make_items(judge, report->processes, &report->n_items, judge_limits(judge));
	struct injected *injected = after_faults(report);
	make_notes(report, judge, run, beside);
	report_find_open(report, monotonic_now());
	enum delivered result = deliver(delivery, report, run ? stderr : stdout);
	for (size_t i = 0; i < report->n_notes; i++)
		free(report->notes[i]);
	free(report->notes);
	report_free_open(report);
	free(report->items);
	free(injected);
	return result;
}

/* What the parents among the traced processes learned about children, and processes that could not write a trace. */
static void read_boards(struct replay *replay, const char *const *paths, size_t n, const struct run_facts *run,
			struct beside *all)
{
	for (size_t i = 0; i < (run ? 1 : n); i++) {
		struct board board;
		if (run && !run->board)
			return;
		if (run)
			board = *run->board;
		else if (board_of_folder(paths[i], &board) < 0)
			continue;
		for (size_t j = 0; j < board.deaths && j < BOARD_DEATHS; j++)
			if (board.death[j].pid)
				replay_killed(replay, board.death[j].pid, (int)board.death[j].signal,
					      (int64_t)board.death[j].t);
		all->board.observed += board.observed;
		all->board.mute += board.mute;
		all->board.lost = sum(all->board.lost, board.lost);
		if (board.mute)
			all->board.last_mute = board.last_mute;
		all->board.full += board.full;
		all->board.barred += board.barred;
		if (board.barred)
			all->board.last_barred = board.last_barred;
		all->board.refused += board.refused;
		if (board.refused)
			all->board.last_refused = board.last_refused;
		all->unobserved += board_unobserved(&board);
		for (size_t j = 0; j < BOARD_NEXT; j++)
			if (board.next[j].pid) {
				GROW(all->names, all->n_names, all->cap);
				all->names[all->n_names++] =
					xasprintf("%s%sprocess %lu%s", board.next[j].program,
						  *board.next[j].program ? " (" : "", (unsigned long)board.next[j].pid,
						  *board.next[j].program ? ")" : "");
			}
	}
}

/* A child exists before it has written a line about what it inherited, and nothing says whose child it was once its parent has ended. */
static void find_untold(struct traced_process *processes, const struct run_facts *run, struct beside *beside)
{
	for (size_t i = 0; run && i < run->n_living; i++) {
		const struct traced_process *process = processes;
		while (process && (process->pid != run->living[i] || !process->events))
			process = process->next;
		if (!process)
			int_set_add(&beside->untold, run->living[i]);
	}
	for (struct traced_process *process = processes; process && beside->untold.n; process = process->next)
		process->untold_heir = true;
}

/* A close may be in the part of a trace that is missing, unless its process has told of its end. */
static void find_cut(const struct trace_reader *reader, struct traced_process *processes)
{
	for (struct traced_process *process = trace_reader_torn(reader) ? processes : NULL; process;
	     process = process->next)
		if (!process->exited && !process->t_lost && trace_reader_cut(reader, process->file))
			process->t_lost = process->t_last;
}

enum delivered report_traces(const struct delivery *delivery, const struct limits *limits, const char *const *paths,
			     size_t n, const struct run_facts *run)
{
	struct beside beside = {0};
	struct trace_reader *reader = trace_reader_new();
	struct replay *replay = replay_new();
	struct judge *judge = judge_new(limits);
	replay_kinds(replay, limits->kinds);
	struct lifelines *lifelines = outputs_have(&delivery->outputs, FORMAT_html) ? lifelines_new() : NULL;
	int unusable = read_all(reader, replay, judge, lifelines, paths, n);
	enum delivered result = DELIVERED_NOT;
	if (run && !run->not_observed && run->exe)
		replay_command(replay, run->pid, proc_pid_namespace(), run->exe, run->hides_argv ? NULL : run->argv);
	if (run)
		replay_waited(replay, run->pid, proc_pid_namespace(), run->status);
	read_boards(replay, paths, n, run, &beside);
	replay_finish(replay);
	find_cut(reader, replay_processes(replay));
	find_untold(replay_processes(replay), run, &beside);
	judge_finish(judge, replay);

	struct report report = {
		.processes = replay_processes(replay),
		.totals = replay_totals(replay),
		.torn = trace_reader_torn(reader),
		.sockets_alone = limits->kinds == 1 << KIND_socket,
		.full_stacks = delivery->full_stacks,
		.observed = replay_processes(replay) != NULL || (!run && beside.board.observed),
		.lifelines = lifelines,
	};
	report.lost = beside.board.lost;
	incomplete_find(&report.incomplete, report.processes, report.torn, &beside.board, run != NULL);
	if (!run || !run->passing)
		note_written(&report, paths, n);
	if (report.observed || run)
		result = report_judged(delivery, &report, judge, run, &beside);
	else if (unusable == 0)
		complain("no usable line in what was given: nothing to report");
	/* A command that wrote no trace is valid input; a trace that was named and is missing is not. */
	if (unusable && !run && (result == DELIVERED_CLEAN || result == DELIVERED_INCOMPLETE))
		result = DELIVERED_NOT;
	incomplete_free(&report.incomplete);
	for (size_t i = 0; i < beside.n_names; i++)
		free(beside.names[i]);
	free(beside.names);
	free(beside.untold.values);
	lifelines_free(lifelines);
	judge_free(judge);
	replay_free(replay);
	trace_reader_free(reader);
	return result;
}
