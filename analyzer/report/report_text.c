/* The report as text, for people: each violation reads like a compiler's diagnostic.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/judge/words.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/report_data.h"
#include "analyzer/base/util.h"

enum { FRAMES_SHOWN = 4, NUMBERS_SHOWN = 8 };

/* How the report is written: its colours, and how much of a stack. */
struct style {
	const char *error, *warning, *note, *frame, *plain;
	bool full_stacks;
};

static const struct style no_colours = {"", "", "", "", "", false};
static const struct style ansi = {"\033[1;31m", "\033[1;33m", "\033[1;36m", "\033[1;34m", "\033[0m", false};

static struct style style_for(FILE *out, const struct report *report)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool colour = isatty(fileno(out)) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
	struct style style = colour ? ansi : no_colours;
	style.full_stacks = report->full_stacks;
	return style;
}

static void print_count(FILE *out, uint64_t n, const char *one)
{
	fprintf(out, "%llu %s%s", (unsigned long long)n, one, n == 1 ? "" : one[strlen(one) - 1] == 's' ? "es" : "s");
}

static void print_numbers(FILE *out, const char *one, const char *many, const struct int_set *numbers)
{
	fprintf(out, "%s ", numbers->n == 1 ? one : many);
	for (size_t i = 0; i < numbers->n && i < NUMBERS_SHOWN; i++)
		fprintf(out, "%s%lld", i ? ", " : "", (long long)numbers->values[i]);
	if (numbers->n > NUMBERS_SHOWN)
		fprintf(out, " and %zu more", numbers->n - NUMBERS_SHOWN);
}

static void print_frame(FILE *out, const struct symbol *symbol)
{
	print_location(out, symbol);
	if (symbol->function) {
		fputs(" in ", out);
		print_safe(out, symbol->function);
	} else if (symbol->near) {
		fputs(" (", out);
		print_safe(out, symbol->near);
		fprintf(out, "+0x%llx)", (unsigned long long)symbol->distance);
	}
}

/* The C library's start code, outermost, tells nobody anything. */
static size_t telling_frames(const struct symbols *symbols)
{
	size_t n = symbols->n;
	while (n > 0 && !symbols->list[n - 1].own)
		n--;
	return n ? n : symbols->n;
}

/* The first frames, and in any case down to the one that the headline names. */
static size_t first_frames(const struct symbols *symbols, size_t n)
{
	const struct symbol *place = symbols_location(symbols);
	size_t shown = place ? (size_t)(place - symbols->list) + 1 : 0;
	if (shown < FRAMES_SHOWN)
		shown = FRAMES_SHOWN;
	return n <= shown + 1 ? n : shown; /* a line for one frame less would save nothing */
}

static void print_frames(FILE *out, const struct style *style, const struct symbols *symbols)
{
	size_t n = style->full_stacks ? symbols->n : telling_frames(symbols);
	size_t shown = style->full_stacks ? n : first_frames(symbols, n);
	for (size_t i = 0; i < shown; i++) {
		fputs("        ", out);
		print_frame(out, &symbols->list[i]);
		fputc('\n', out);
	}
	if (n > shown) {
		fputs("        ... ", out);
		print_count(out, n - shown, "more frame");
		fputs(" (--full-stacks)\n", out);
	}
}

/* That of the process, or of another one that had part in it. */
static bool is_main_thread(const struct finding *finding, int64_t tid)
{
	for (size_t i = 0; i < finding->pids.n; i++)
		if (finding->pids.values[i] == tid)
			return true;
	return false;
}

/* Told for each of the stacks when one of them is not the main thread's. */
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
	/* Of some codes the failure is all there is: nothing was misused. */
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
		fputs(failed ? " with " : ", which said ", out);
		print_safe(out, finding->error);
	}
	print_thread(out, finding, role);
	if (inherited && (!symbols || symbols->n == 0)) {
		fputs("; where it was made is in no trace\n", out);
		return;
	}
	if (!symbols || symbols->n == 0) {
		fputs(" (no stack was recorded)\n", out);
		return;
	}
	fputs(":\n", out);
	print_frames(out, style, symbols);
}

/* Which socket it was, and whose. */
static void print_socket(FILE *out, const struct style *style, const struct finding *finding)
{
	const struct traced_process *process = finding->process;
	fprintf(out, "   %s=%s ", style->frame, style->plain);
	if (finding->fds.n)
		print_numbers(out, "descriptor", "descriptors", &finding->fds);
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
	print_numbers(out, "process", "processes", &finding->pids);
	const char *name = process_name(process);
	if (name) {
		fputs(" (", out);
		print_safe(out, name);
		fputc(')', out);
	}
	fputc('\n', out);
}

/* Who had it, when those are more than the message names. */
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

/* One that the baseline has: folded into a line. */
static void print_known(FILE *out, const struct style *style, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct symbol *place = item_location(item);
	fprintf(out, "%sknown[%s]:%s ", style->note, violations[finding->code].slug, style->plain);
	print_safe(out, finding->message);
	if (finding->count > 1)
		fprintf(out, " (%llu times)", (unsigned long long)finding->count);
	if (place) {
		fprintf(out, " %s-->%s ", style->frame, style->plain);
		print_frame(out, place);
	}
	fputc('\n', out);
}

static void print_item(FILE *out, const struct style *style, const struct report_item *item)
{
	const struct finding *finding = item->finding;
	const struct violation_info *info = &violations[finding->code];
	const struct symbol *place = item_location(item);
	fprintf(out, "%s%s[%s]%s: ", finding->severity == SEVERITY_ERROR ? style->error : style->warning,
		severity_name(finding->severity), info->slug, style->plain);
	print_safe(out, finding->message);
	if (finding->count > 1)
		fprintf(out, " (%llu times)", (unsigned long long)finding->count);
	fputc('\n', out);
	if (place) {
		fprintf(out, "  %s-->%s ", style->frame, style->plain);
		print_frame(out, place);
		fputc('\n', out);
	}
	print_socket(out, style, finding);
	print_sharers(out, style, finding);
	if (cause_name(finding->cause))
		fprintf(out, "   %s=%s cause: %s\n", style->frame, style->plain, cause_name(finding->cause));
	print_stack(out, style, item, ROLE_AT);
	print_stack(out, style, item, ROLE_OTHER);
	print_stack(out, style, item, ROLE_CLOSED);
	print_stack(out, style, item, ROLE_OPENED);
	fprintf(out, "   %s= help:%s %s\n\n", style->note, style->plain, finding->help);
}

static void print_open(FILE *out, const struct style *style, const struct open_place *place)
{
	const struct socket_life *oldest = place->oldest;
	const struct symbol *at = place->opened ? symbols_location(place->opened) : NULL;
	const char *name = process_name(place->process);
	const char *bar = style->frame, *plain = style->plain;
	char *age = time_text(place->age), *step = time_text(place->origin->step);
	fprintf(out, "%sopen%s: ", style->note, plain);
	print_count(out, place->sockets,
		    oldest->kind == KIND_socket ? kind_of_socket(oldest->family, oldest->type)
						: kind_words(oldest->kind, oldest->opened_op));
	fprintf(out, "%s for %s\n", place->sockets == 1 ? "" : ", the oldest", age);
	if (at) {
		fprintf(out, "  %s-->%s ", bar, plain);
		print_frame(out, at);
		fputc('\n', out);
	}
	fprintf(out, "   %s=%s ", bar, plain);
	print_numbers(out, "descriptor", "descriptors", &place->fds);
	fprintf(out, ", in process %lld", (long long)place->process->pid);
	if (name) {
		fputs(" (", out);
		print_safe(out, name);
		fputc(')', out);
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
	fprintf(out, "\n   %s=%s over time, every %s:", bar, plain, step);
	for (size_t i = 0; i < place->origin->n; i++)
		fprintf(out, " %llu", (unsigned long long)place->origin->growth[i]);
	fputc('\n', out);
	if (oldest->opened_op) {
		fprintf(out, "   %s=%s opened by ", bar, plain);
		print_safe(out, oldest->opened_op);
		fputs(place->opened ? ":\n" : " (no stack was recorded)\n", out);
	}
	if (place->opened)
		print_frames(out, style, place->opened);
	fputc('\n', out);
	free(age);
	free(step);
}

void text_summary(FILE *out, const struct report *report)
{
	uint64_t errors = 0, warnings = 0, notes = 0, known = 0, suppressed = 0;
	for (size_t i = 0; i < report->n_items; i++) {
		const struct report_item *item = &report->items[i];
		uint64_t *kind = item->suppressed			     ? &suppressed
				 : item->known				     ? &known
				 : item->finding->severity == SEVERITY_ERROR ? &errors
				 : item->finding->severity == SEVERITY_NOTE  ? &notes
									     : &warnings;
		*kind += item->finding->count;
	}
	if (!report->observed) {
		fputs("nothing was observed", out);
		return;
	}
	if (errors)
		print_count(out, errors, "error");
	if (warnings) {
		fputs(errors ? " and " : "", out);
		print_count(out, warnings, "warning");
	}
	if (!errors && !warnings)
		fputs(known || suppressed ? "no new violations" : "no violations", out);
	if (notes) {
		fputs(", ", out);
		print_count(out, notes, "note");
	}
	if (known)
		fprintf(out, ", %llu known", (unsigned long long)known);
	if (suppressed)
		fprintf(out, ", %llu suppressed", (unsigned long long)suppressed);
	/* What is not known is no clean bill. */
	fputs(errors || warnings || !report->incomplete.n ? " in " : " in what was recorded of ", out);
	print_count(out, report->totals.processes, "process");
	fputs(", ", out);
	print_count(out, report->totals.sockets, "socket");
	if (report->totals.open_peak)
		fprintf(out, " (at most %llu open at once%s)", (unsigned long long)report->totals.open_peak,
			report->totals.processes > 1 ? " in one process" : "");
	fputs(", ", out);
	print_count(out, report->totals.events, "event");
	uint64_t dropped = sum(report->totals.dropped, report->lost);
	if (dropped)
		fprintf(out, ", %llu dropped", (unsigned long long)dropped);
	if (report->torn) {
		fputs(", ", out);
		print_count(out, report->torn, "torn line");
	}
}

void text_item(FILE *out, const struct report_item *item) { print_item(out, &no_colours, item); }

int report_text(FILE *out, const struct report *report)
{
	const struct style style_of_report = style_for(out, report), *style = &style_of_report;
	bool any_known = false;
	for (size_t i = 0; i < report->n_items; i++)
		if (!report->items[i].suppressed && !report->items[i].known)
			print_item(out, style, &report->items[i]);
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
	for (size_t i = 0; i < report->n_notes; i++) {
		fprintf(out, "%snote:%s ", style->note, style->plain);
		print_safe(out, report->notes[i]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < report->incomplete.n; i++) {
		fprintf(out, "socksan: %sincomplete:%s ", style->warning, style->plain);
		print_safe(out, report->incomplete.list[i].message);
		fputc('\n', out);
	}
	fputs("socksan: ", out);
	text_summary(out, report);
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}
