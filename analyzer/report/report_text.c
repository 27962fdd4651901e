/* The report as text, for people: each violation reads like a compiler diagnostic.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "analyzer/judge/words.h"
#include "analyzer/report/overview.h"
#include "analyzer/report/history.h"
#include "analyzer/report/source_lines.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/report_data.h"
#include "analyzer/report/text_style.h"
#include "analyzer/base/util.h"
#include "analyzer/weigh/evidence.h"

enum { OVERVIEW_FROM = 10 };

/* The process's, or that of another one that was involved. */
static bool is_main_thread(const struct finding *finding, int64_t tid)
{
	if (tid == finding->opener)
		return true;
	for (size_t i = 0; i < finding->pids.n; i++)
		if (finding->pids.values[i] == tid)
			return true;
	return false;
}

/* Shown for each stack if one of them is not the main thread's. */
static void print_thread(FILE *out, const struct finding *finding, enum role role)
{
	bool told = false;
	for (int i = 0; i < ROLE_COUNT; i++)
		told |= finding->tids[i] > 0 && !is_main_thread(finding, finding->tids[i]);
	if (!told || finding->tids[role] <= 0)
		return;
	if (is_main_thread(finding, finding->tids[role]))
		fputs(", in the main thread", out);
	else
		fprintf(out, ", in thread %lld", (long long)finding->tids[role]);
}

/* "= opened by socket, in thread 7:" and the first frames. */
static void print_stack(FILE *out, const struct style *style, const struct report_item *item, enum role role)
{
	const struct finding *finding = item->finding;
	const struct symbols *symbols = item->stacks[role];
	if (!symbols && !finding_has_call(finding, role))
		return;
	const char *words = role_words(finding->code, role), *op = finding->ops[role];
	bool inherited = role == ROLE_OPENED && op && (strcmp(op, "fork") == 0 || strcmp(op, "execve") == 0);
	/* For some codes the failure is all there is: nothing was misused. */
	bool failed = strcmp(words, "failed") == 0;
	fprintf(out, "   %s=%s %s", style->frame, style->plain,
		inherited		    ? "inherited"
		: failed && !finding->error ? "seen"
					    : words);
	if (op) {
		fputs(failed ? " in " : " by ", out);
		print_safe(out, op);
	}
	if (role == ROLE_AT && finding->error) {
		fputs(failed ? " with " : ", which failed with ", out);
		print_safe(out, finding->error);
	}
	if (role == ROLE_OPENED && finding->opener == finding->process->pid)
		fputs(", before the exec", out);
	else if (role == ROLE_OPENED && finding->opener)
		fprintf(out, ", in process %lld", (long long)finding->opener);
	print_thread(out, finding, role);
	if (inherited && (!symbols || symbols->n == 0)) {
		fputs("; no trace says where it was made\n", out);
		return;
	}
	if (!symbols || symbols->n == 0) {
		fputs(" (no stack was recorded)\n", out);
		return;
	}
	fputs(":\n", out);
	text_frames(out, style, symbols);
}

/* Which socket it was, and whose. */
static void print_socket(FILE *out, const struct style *style, const struct finding *finding)
{
	const struct traced_process *process = finding->process;
	fprintf(out, "   %s=%s ", style->frame, style->plain);
	if (finding->fds.n)
		text_numbers(out, "descriptor", "descriptors", &finding->fds);
	if (finding->local || finding->peer)
		fputs(finding->count > 1 ? ", the first " : ", ", out);
	if (finding->local)
		print_safe(out, finding->local);
	if (finding->peer) {
		fputs(finding->local ? " to " : "to ", out);
		print_safe(out, finding->peer);
	}
	if (state_name(finding->state))
		fprintf(out, ", %s", state_name(finding->state));
	fputs(finding->fds.n ? ", in " : "in ", out);
	text_numbers(out, "process", "processes", &finding->pids);
	const char *name = process_name(process);
	if (name) {
		fputs(" (", out);
		print_safe(out, name);
		fputc(')', out);
	}
	for (size_t i = 0; i < finding->hosts.n && i < NUMBERS_SHOWN; i++) {
		fputs(i ? ", " : " on ", out);
		print_safe(out, finding->hosts.list[i]);
	}
	if (finding->hosts.n > NUMBERS_SHOWN)
		fprintf(out, " and %zu more", finding->hosts.n - NUMBERS_SHOWN);
	fputc('\n', out);
}

/* Standard output or input is such a socket. */
static void print_standard(FILE *out, const struct style *style, const struct finding *finding)
{
	static const char *const names[] = {"standard input", "standard output", "standard error"};
	int64_t fd = finding->fds.n ? finding->fds.values[0] : -1;
	if (finding->kind == KIND_socket && fd >= STDIN_FILENO && fd <= STDERR_FILENO)
		fprintf(out, "   %s= note:%s %lld is the number of %s: was that closed before the socket was made?\n",
			style->severity[SEVERITY_NOTE], style->plain, (long long)fd, names[fd]);
}

/* Who had it, if those are more than the message names. */
static void print_sharers(FILE *out, const struct style *style, const struct finding *finding)
{
	if (finding->n_sharers < 3)
		return;
	fprintf(out, "   %s=%s held by", style->frame, style->plain);
	for (size_t i = 0; i < finding->n_sharers && i < NUMBERS_SHOWN; i++) {
		const struct sharer *sharer = &finding->sharers[i];
		fprintf(out, "%s pid %lld", i ? "," : "", (long long)sharer->pid);
		if (sharer->name) {
			fputc(' ', out);
			print_safe(out, sharer->name);
		}
		fprintf(out, "%s%s%s%s", sharer->how || sharer->last ? " (" : "", sharer->how ? sharer->how : "",
			sharer->last ? sharer->how ? ", the last" : "the last" : "",
			sharer->how || sharer->last ? ")" : "");
	}
	if (finding->n_sharers > NUMBERS_SHOWN)
		fprintf(out, " and %zu more", finding->n_sharers - NUMBERS_SHOWN);
	fputc('\n', out);
}

static void print_history(FILE *out, const struct style *style, const struct report_item *item)
{
	char *text = history_text(item);
	if (text)
		fprintf(out, "   %s=%s history%s: %s\n", style->frame, style->plain,
			item->finding->count > 1 ? " of the first" : "", text);
	free(text);
}

/* A violation in the baseline: one line. */
static void print_known(FILE *out, const struct style *style, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct symbol *place = item_place(item);
	fprintf(out, "%sknown[%s]:%s ", style->severity[SEVERITY_NOTE], violations[finding->code].slug, style->plain);
	print_safe(out, finding->message);
	if (finding->count > 1)
		fprintf(out, " (%s%llu times)", finding_bound(finding), (unsigned long long)finding->count);
	if (place) {
		fprintf(out, " %s-->%s ", style->frame, style->plain);
		text_frame(out, place);
	}
	fputc('\n', out);
}

/* The evidence for it. */
static void print_evidence(FILE *out, const struct style *style, const struct finding *finding)
{
	char *words = evidence_words(finding);
	if (words)
		fprintf(out, "   %s=%s evidence: %s\n", style->frame, style->plain, words);
	free(words);
}

/* The source line of a place with its neighbours, as compilers show it. */
static void print_source(FILE *out, const struct style *style, const struct report_item *item,
			 const struct symbol *place)
{
	const struct traced_process *process = item->finding->process;
	char *lines[SOURCE_LINES];
	int first;
	size_t n = style->sources ? source_lines(place, process ? process->wall : 0, lines, &first) : 0;
	for (size_t i = 0; i < n; i++) {
		int number = first + (int)i;
		fprintf(out, "  %s%s %5d |%s%s%s\n", style->frame, number == place->line ? ">" : " ", number,
			style->plain, *lines[i] ? " " : "", lines[i]);
		free(lines[i]);
	}
}

/* "= after connect failed with ECONNREFUSED at fetch.c:12 in dial" */
static void print_failure(FILE *out, const struct style *style, const char *after, const struct injected *injected)
{
	const struct symbol *place = injected->stack ? symbols_location(injected->stack) : NULL;
	char *words = injected_words(injected->call, injected->error);
	fprintf(out, "   %s=%s %s %s", style->frame, style->plain, after, words);
	free(words);
	if (place) {
		fputs(" at ", out);
		text_frame(out, place);
	}
	fputc('\n', out);
}

/* The calls that were made to fail before it, what repeats it, and where the threads were if the program hung. */
static void print_injected(FILE *out, const struct style *style, const struct report_item *item)
{
	enum { MOST = 4 };
	const struct injected *injected = item->injected, *also;
	int shown = 0, more = 0;
	if (!injected)
		return;
	print_failure(out, style, "after", injected);
	if (injected->again) {
		fprintf(out, "   %s=%s again: ", style->frame, style->plain);
		print_safe(out, injected->again);
		fputc('\n', out);
	}
	LL_FOREACH (injected->next, also) {
		if (shown < MOST) {
			print_failure(out, style, "also after", also);
			shown++;
		} else {
			more++;
		}
	}
	if (more)
		fprintf(out, "   %s=%s also after %d other failure%s (all are in the JSON report)\n", style->frame,
			style->plain, more, more == 1 ? "" : "s");
	for (size_t i = 0; i < injected->n_threads; i++) {
		const struct thread_place *thread = &injected->threads[i];
		fprintf(out, "   %s=%s thread %lld%s\n", style->frame, style->plain, (long long)thread->tid,
			thread->stack ? ":" : " (no stack was recorded)");
		if (thread->stack)
			text_frames(out, style, thread->stack);
	}
}

/* "= registered in it: 2 opened by accept at server.c:40" */
static void print_registered(FILE *out, const struct style *style, const struct report_item *item)
{
	const struct registered *registered = &item->finding->registered;
	uint64_t left = registered->count;
	if (!registered->n)
		return;
	fprintf(out, "   %s=%s registered in it:", style->frame, style->plain);
	for (size_t i = 0; i < registered->n; i++) {
		const struct registered_place *place = &registered->places[i];
		fprintf(out, "%s %llu opened by ", i ? "," : "", (unsigned long long)place->count);
		print_safe(out, place->op ? place->op : "a call");
		if (item->registered[i]) {
			fputs(" at ", out);
			text_frame(out, item->registered[i]);
		}
		left -= place->count < left ? place->count : left;
	}
	if (left)
		fprintf(out, ", and %llu more", (unsigned long long)left);
	fputc('\n', out);
}

static void print_help(FILE *out, const struct style *style, const struct finding *finding)
{
	fprintf(out, "   %s= help:%s ", style->severity[SEVERITY_NOTE], style->plain);
	print_safe(out, finding->help);
	fputc('\n', out);
}

/* Other violations of its descriptor. */
static void print_also(FILE *out, const struct style *style, const struct report_item *item,
		       const struct report_item *first)
{
	const struct finding *finding = item->finding;
	const struct symbol *place = item_place(item);
	fprintf(out, "   %s=%s also %s%s[%s]%s: ", style->frame, style->plain, style->severity[finding->severity],
		severity_name(finding->severity), violations[finding->code].slug, style->plain);
	print_safe(out, finding->message);
	fputc('\n', out);
	if (place) {
		fprintf(out, "  %s-->%s ", style->frame, style->plain);
		text_frame(out, place);
		fputc('\n', out);
	}
	print_stack(out, style, item, ROLE_AT);
	print_stack(out, style, item, ROLE_OTHER);
	if (item->stacks[ROLE_CLOSED] != first->stacks[ROLE_CLOSED])
		print_stack(out, style, item, ROLE_CLOSED);
	if (strcmp(finding->help, first->finding->help) != 0)
		print_help(out, style, finding);
}

static void print_item(FILE *out, const struct style *style, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct violation_info *info = &violations[finding->code];
	const struct symbol *place = item_place(item), *first = first_close(item);
	fprintf(out, "%s%s[%s]%s: ", style->severity[finding->severity], severity_name(finding->severity), info->slug,
		style->plain);
	print_safe(out, finding->message);
	if (finding->count > 1)
		fprintf(out, " (%s%llu times)", finding_bound(finding), (unsigned long long)finding->count);
	fputc('\n', out);
	if (place) {
		fprintf(out, "  %s-->%s ", style->frame, style->plain);
		text_frame(out, place);
		fputc('\n', out);
		print_source(out, style, item, place);
	}
	if (first) {
		fprintf(out, "   %s=%s closed first %s ", style->frame, style->plain, first->function ? "by" : "at");
		if (first->function) {
			print_safe(out, first->function);
			fputs(" (", out);
		}
		text_place(out, first);
		fputs(first->function ? ")\n" : "\n", out);
	}
	print_socket(out, style, finding);
	print_standard(out, style, finding);
	print_sharers(out, style, finding);
	if (cause_name(finding->cause))
		fprintf(out, "   %s=%s cause: %s\n", style->frame, style->plain, cause_name(finding->cause));
	print_evidence(out, style, finding);
	print_history(out, style, item);
	print_stack(out, style, item, ROLE_AT);
	print_stack(out, style, item, ROLE_OTHER);
	print_stack(out, style, item, ROLE_CLOSED);
	print_stack(out, style, item, ROLE_OPENED);
	print_registered(out, style, item);
	print_injected(out, style, item);
	print_help(out, style, finding);
	for (const struct report_item *also = item->also; also; also = also->also)
		print_also(out, style, also, item);
	fputc('\n', out);
}

static void print_open(FILE *out, const struct style *style, const struct open_place *place)
{
	const struct socket_life *oldest = place->oldest;
	const struct symbol *at = place->opened ? symbols_location(place->opened) : NULL;
	const char *name = process_name(place->process);
	const char *bar = style->frame, *plain = style->plain;
	char *step = time_text(place->origin->step);
	fprintf(out, "%sopen%s: ", style->severity[SEVERITY_NOTE], plain);
	print_open_heading(out, place);
	fputc('\n', out);
	if (at) {
		fprintf(out, "  %s-->%s ", bar, plain);
		text_frame(out, at);
		fputc('\n', out);
	}
	fprintf(out, "   %s=%s ", bar, plain);
	text_numbers(out, "descriptor", "descriptors", &place->fds);
	fprintf(out, ", in process %lld", (long long)place->process->pid);
	if (name) {
		fputs(" (", out);
		print_safe(out, name);
		fputc(')', out);
	}
	if (place->host) {
		fputs(" on ", out);
		print_safe(out, place->host);
	}
	if (place->process->detached)
		fputs(", when it was detached from", out);
	if (place->sockets > 1) {
		fprintf(out, "\n   %s=%s ", bar, plain);
		print_open_states(out, place);
	}
	fprintf(out, "\n   %s=%s the oldest: %s", bar, plain,
		state_name(oldest->state) ? state_name(oldest->state) : "open");
	if (oldest->local) {
		fputs(", ", out);
		print_safe(out, oldest->local);
	}
	if (oldest->peer) {
		fputs(oldest->local ? " to " : ", to ", out);
		print_safe(out, oldest->peer);
	}
	fprintf(out, "\n   %s=%s over time, every %s: ", bar, plain, step);
	print_open_growth(out, place);
	fputc('\n', out);
	if (oldest->opened_op) {
		fprintf(out, "   %s=%s opened by ", bar, plain);
		print_safe(out, oldest->opened_op);
		fputs(place->opened ? ":\n" : " (no stack was recorded)\n", out);
	}
	if (place->opened)
		text_frames(out, style, place->opened);
	fputc('\n', out);
	free(step);
}

void text_item(FILE *out, const struct report_item *item)
{
	struct report_item alone = *item;
	alone.also = NULL;
	print_item(out, &text_no_colours, &alone);
}

void text_open(FILE *out, const struct open_place *place) { print_open(out, &text_no_colours, place); }

/* What is new, up to --max; the most important comes first if it is long. */
static void print_told(FILE *out, const struct style *style, const struct report *report)
{
	size_t told = items_shown(report), shown = 0;
	if (told > OVERVIEW_FROM)
		print_overview(out, report);
	for (size_t i = 0; i < report->n_items; i++) {
		if (!item_is_shown(&report->items[i]) || report->items[i].is_also)
			continue;
		if (report->max && shown >= report->max) {
			fprintf(out, "%s... and %zu more%s (--max=0 shows all)\n\n", style->severity[SEVERITY_NOTE],
				told - shown, style->plain);
			break;
		}
		print_item(out, style, &report->items[i]);
		for (const struct report_item *item = &report->items[i]; item; item = item->also)
			shown++;
	}
}

/* What shares a line with others of its kind. */
static void print_folded(FILE *out, const struct style *style, const struct report *report)
{
	char *notes;
	size_t length;
	FILE *text = memstream(&notes, &length);
	bool any_notes = text_notes(text, report), by_signal = false;
	fclose(text);
	for (size_t i = 0; i < report->n_items; i++)
		by_signal |= is_by_signal(&report->items[i]);
	if (by_signal) {
		fprintf(out, "%swarning:%s ", style->severity[SEVERITY_WARNING], style->plain);
		print_by_signal(out, report);
		fputc('\n', out);
	}
	if (any_notes)
		fprintf(out, "%snote:%s %s\n", style->severity[SEVERITY_NOTE], style->plain, notes);
	free(notes);
}

int report_text(FILE *out, const struct report *report)
{
	struct style style_of_report = text_style(out), *style = &style_of_report;
	bool any_known = false;
	style->full_stacks = report->full_stacks;
	style->sources = true;
	print_told(out, style, report);
	for (size_t i = 0; i < report->n_items; i++) {
		if (report->items[i].suppressed || !report->items[i].known)
			continue;
		print_known(out, style, &report->items[i]);
		any_known = true;
	}
	if (any_known)
		fputc('\n', out);
	for (size_t i = 0; i < report->n_open; i++)
		print_open(out, style, &report->open[i]);
	print_folded(out, style, report);
	for (size_t i = 0; i < report->n_notes; i++) {
		fprintf(out, "%snote:%s ", style->severity[SEVERITY_NOTE], style->plain);
		print_safe(out, report->notes[i]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < report->incomplete.n; i++) {
		fprintf(out, "socksan: %sincomplete:%s ", style->severity[SEVERITY_WARNING], style->plain);
		print_safe(out, report->incomplete.list[i].message);
		fputc('\n', out);
	}
	if (report->explored)
		explored_text(out, report->explored);
	fputs("socksan: ", out);
	text_summary(out, report);
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}
