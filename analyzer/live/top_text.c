/* The live view as lines of text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/live/top.h"
#include "analyzer/report/text_style.h"
#include "analyzer/symbols/symbols.h"

/* Percentage of the descriptor limit; negative: unknown. */
static double used(const struct census_process *process)
{
	if (process->descriptors < 0 || process->nofile <= 0)
		return -1;
	return 100.0 * (double)process->descriptors / (double)process->nofile;
}

const struct census_process *top_fullest(const struct top *top)
{
	const struct census_process *fullest = NULL;
	for (size_t i = 0; i < top->census->n_processes; i++) {
		const struct census_process *process = &top->census->processes[i];
		if (used(process) > (fullest ? used(fullest) : -1))
			fullest = process;
	}
	return fullest;
}

void top_headline(FILE *out, const struct top *top)
{
	const struct census_place all = census_sum(top->census);
	const struct census_process *fullest = top_fullest(top);
	fprintf(out, "socksan top: %llu open", (unsigned long long)all.open);
	if (fullest)
		fprintf(out, ", %.0f %% of the limit", used(fullest));
	if (all.states[STATE_CLOSE_WAIT])
		fprintf(out, ", %llu CLOSE_WAIT", (unsigned long long)all.states[STATE_CLOSE_WAIT]);
	fputs(", ", out);
	print_count(out, top->census->n, "place");
	fputs(", ", out);
	print_count(out, top->census->n_processes, "process");
	if (!top->there)
		fputs("; the process is gone", out);
	else if (top->census->past)
		fputs("; all have ended", out);
}

void top_process(FILE *out, const struct census *census, const struct census_process *process)
{
	const char *name = process_name(process->process);
	fprintf(out, "process %lld", (long long)process->process->pid);
	if (name) {
		fputs(" (", out);
		print_safe(out, name);
		fputc(')', out);
	}
	if (census->hosts && process->process->host) {
		fputs(" on ", out);
		print_safe(out, process->process->host);
	}
	fprintf(out, ": %llu open", (unsigned long long)process->open);
	if (used(process) >= 0)
		fprintf(out, ", %lld of %lld descriptors (%.0f %%)", (long long)process->descriptors,
			(long long)process->nofile, used(process));
	if (process->process->dropped)
		fprintf(out, ", %llu events not recorded", (unsigned long long)process->process->dropped);
}

/* Marks the column by which rows are sorted. */
void top_titles(FILE *out, const struct top *top)
{
	static const char *const plain[TOP_ORDERS] = {"OPEN", "+1MIN", "OLDEST", "WAIT"};
	static const char *const marked[TOP_ORDERS] = {"*OPEN", "*+1MIN", "*OLDEST", "*WAIT"};
	const char *titles[TOP_ORDERS];
	for (int order = 0; order < TOP_ORDERS; order++)
		titles[order] = order == (int)top->order ? marked[order] : plain[order];
	fprintf(out, "%7s %7s %9s %7s %7s  PLACE", titles[TOP_OPEN], titles[TOP_GROWTH], titles[TOP_OLDEST], "ESTAB",
		titles[TOP_WAIT]);
}

void top_row(FILE *out, const struct top *top, const struct top_row *row, bool brief)
{
	const struct census_place *place = row->place;
	const struct symbol *at = place->stack ? symbols_location(place->stack) : NULL;
	char *age = time_text(census_age(top->census, place->oldest_t));
	fprintf(out, "%7llu ", (unsigned long long)place->open);
	fprintf(out, row->growth ? "%+7lld" : "%7lld", (long long)row->growth);
	fprintf(out, " %9s %7llu %7llu  ", age, (unsigned long long)place->states[STATE_ESTABLISHED],
		(unsigned long long)place->states[STATE_CLOSE_WAIT]);
	if (suspects_has(&top->suspects, place->identity))
		fputs("leak-suspect: ", out);
	struct symbol shown = at ? *at : (struct symbol){0};
	if (brief && shown.file)
		shown.file = base_name(shown.file);
	if (at)
		text_frame(out, &shown);
	else
		fputs("(no stack was recorded)", out);
	if (place->op) {
		fputs(", ", out);
		print_safe(out, place->op);
	}
	free(age);
}

void top_text(FILE *out, const struct top *top, size_t max)
{
	const struct census *census = top->census;
	size_t i;
	top_headline(out, top);
	fputc('\n', out);
	for (i = 0; i < census->n_processes && (!max || i < max); i++) {
		top_process(out, census, &census->processes[i]);
		fputc('\n', out);
	}
	if (i < census->n_processes)
		fprintf(out, "... and %zu more processes (--max=0 shows all)\n", census->n_processes - i);
	top_titles(out, top);
	fputc('\n', out);
	for (i = 0; i < census->n && (!max || i < max); i++) {
		top_row(out, top, &top->rows[i], false);
		fputc('\n', out);
	}
	if (i < census->n)
		fprintf(out, "... and %zu more places (--max=0 shows all)\n", census->n - i);
}
