/* The history of a descriptor, as reports show it: see history.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/history.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

static const struct symbol *location_of(const struct stack_ref *ref)
{
	const struct symbols *symbols = ref && ref->stack ? symbolize(ref->stack) : NULL;
	return symbols ? symbols_location(symbols) : NULL;
}

void history_symbolize(struct report_item *item)
{
	const struct finding *finding = item->finding;
	for (size_t i = 0; i < finding->registered.n; i++)
		item->registered[i] = location_of(finding->registered.places[i].opened);
	for (size_t i = 0; i < finding->story.n; i++) {
		const struct stack_ref *ref = finding->story.steps[i].stack;
		const struct symbols *symbols = ref && ref->stack ? symbolize(ref->stack) : NULL;
		item->places[i] = symbols ? symbols_location(symbols) : NULL;
		if (i == 0 && finding->opener && symbols)
			item->stacks[ROLE_OPENED] = symbols;
	}
}

/* A line is short: directories are left out, and so is a file that was just named. */
static void print_place(FILE *out, const struct symbol *place, const char **file)
{
	const char *name = place->file ? place->file : place->module;
	if (!place->file && place->function) {
		fputs(" in ", out);
		print_safe(out, place->function);
		return;
	}
	if (!name)
		return;
	fputc(' ', out);
	if (place->line <= 0 || !*file || strcmp(*file, name) != 0)
		print_safe(out, base_name(name));
	*file = name;
	if (!place->file)
		fprintf(out, "+0x%llx", (unsigned long long)place->offset);
	else if (place->line > 0)
		fprintf(out, ":%d", place->line);
}

/* Which processes and threads are involved. */
struct cast {
	bool processes, threads;
};

static struct cast cast_of(const struct story *story)
{
	struct cast cast = {0};
	const struct story_step *first = story->steps;
	for (size_t i = 1; i < story->n; i++) {
		const struct story_step *step = &story->steps[i];
		cast.processes |= step->pid != first->pid;
		cast.threads |= step->tid > 0 && first->tid > 0 && step->tid != first->tid;
	}
	return cast;
}

/* "thread 7: " if another thread continues. */
static void print_actor(FILE *out, struct cast cast, const struct story_step *step, const struct story_step *before)
{
	bool main = step->tid == step->pid;
	if (before && before->pid == step->pid && (before->tid == step->tid || step->tid <= 0))
		return;
	if (cast.processes)
		fprintf(out, "pid %lld", (long long)step->pid);
	else if (cast.threads && main)
		fputs("main", out);
	if (cast.threads && !main && step->tid > 0)
		fprintf(out, "%sthread %lld", cast.processes ? " " : "", (long long)step->tid);
	if (cast.processes || (cast.threads && step->tid > 0))
		fputs(": ", out);
}

/* The peer's close, as a read of no bytes shows it. */
static bool is_end_of_stream(const struct story_step *step)
{
	return step->to == STATE_CLOSE_WAIT ||
	       (step->to == STATE_CLOSING && step->op && strcmp(step->op, "shutdown") != 0);
}

static void print_step(FILE *out, const struct story_step *step, const struct symbol *place, const char **file)
{
	print_safe(out, step->op ? step->op : "a call");
	if (place)
		print_place(out, place, file);
	if (step->error) {
		fputc(' ', out);
		print_safe(out, step->error);
	} else if (is_end_of_stream(step)) {
		fputs(" end of stream", out);
	}
	if (step->count > 1)
		fprintf(out, " (%u times)", step->count);
}

char *history_text(const struct report_item *item)
{
	const struct story *story = &item->finding->story;
	const char *ending = finding_ending(item->finding), *file = NULL;
	struct cast cast = cast_of(story);
	char *text;
	size_t n;
	if (story->n + (ending != NULL) < 2 || story->n == 0)
		return NULL;
	FILE *out = memstream(&text, &n);
	for (size_t i = 0; i < story->n; i++) {
		const struct story_step *step = &story->steps[i];
		fputs(i ? " -> " : "", out);
		if (step->omitted)
			fputs("... -> ", out);
		print_actor(out, cast, step, i ? step - 1 : NULL);
		print_step(out, step, item->places[i], &file);
	}
	if (ending)
		fprintf(out, " -> %s", ending);
	fclose(out);
	return text;
}
