/* A census as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/live/snapshot.h"
#include "analyzer/report/text_style.h"
#include "analyzer/symbols/symbols.h"

enum { SHARES_SHOWN = 8 };

char *snapshot_note(const struct census *census, size_t i)
{
	unsigned long long dropped = census->dropped, torn = census->torn;
	if (census->written && i-- == 0)
		return xstrdup("the process wrote this itself; descriptors are counted, of every kind");
	if (census->past && census->n_processes && i-- == 0)
		return xstrdup("none of the processes runs any more: this is what was open when they ended");
	if (!census->here && !census->past && i-- == 0)
		return xstrdup("whether the processes still run is not known here: this is what was open when the "
			       "trace stopped");
	if (dropped && i-- == 0)
		return xasprintf("%llu event%s not recorded: some that are shown may be closed, others missing",
				 dropped, dropped == 1 ? " was" : "s were");
	if (torn && i-- == 0)
		return xasprintf("%llu line%s torn and left out", torn, torn == 1 ? " is" : "s are");
	return NULL;
}

static void print_bytes(FILE *out, uint64_t n)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)n;
	size_t unit = 0;
	while (value >= 1024 && unit < sizeof units / sizeof *units - 1) {
		value /= 1024;
		unit++;
	}
	if (unit)
		fprintf(out, "%.1f %s", value, units[unit]);
	else
		print_count(out, n, "byte");
}

static void print_states(FILE *out, const struct census_place *place)
{
	const char *comma = "";
	for (unsigned state = 0; state < STATES; state++) {
		if (!place->states[state] || state == STATE_OPEN)
			continue;
		fprintf(out, "%s%llu %s", comma, (unsigned long long)place->states[state], state_name(state));
		comma = ", ";
	}
	if (place->states[STATE_OPEN])
		fprintf(out, "%s%llu open", comma, (unsigned long long)place->states[STATE_OPEN]);
}

static void print_peers(FILE *out, const struct census_place *place)
{
	for (size_t i = 0; i < place->peers.n; i++) {
		fputs(i ? ", " : "", out);
		print_safe(out, place->peers.list[i].text);
		if (place->open > 1)
			fprintf(out, " (%llu)", (unsigned long long)place->peers.list[i].open);
	}
	if (place->peers.all > place->peers.n)
		fprintf(out, " and %zu more", place->peers.all - place->peers.n);
}

static void print_name(FILE *out, const struct census *census, const struct traced_process *process)
{
	const char *name = process_name(process);
	if (name) {
		fputs(" (", out);
		print_safe(out, name);
		fputc(')', out);
	}
	if (census->hosts && process->host) {
		fputs(" on ", out);
		print_safe(out, process->host);
	}
}

static void print_shares(FILE *out, const struct census *census, const struct census_place *place)
{
	if (place->n_shares == 1) {
		const struct traced_process *process = census->processes[place->shares[0].process].process;
		fprintf(out, "in process %lld", (long long)process->pid);
		print_name(out, census, process);
		return;
	}
	fputs("in processes ", out);
	for (size_t i = 0; i < place->n_shares && i < SHARES_SHOWN; i++) {
		const struct traced_process *process = census->processes[place->shares[i].process].process;
		fprintf(out, "%s%lld", i ? ", " : "", (long long)process->pid);
		if (census->hosts && process->host) {
			fputs(" on ", out);
			print_safe(out, process->host);
		}
		fprintf(out, " (%llu)", (unsigned long long)place->shares[i].open);
	}
	if (place->n_shares > SHARES_SHOWN)
		fprintf(out, " and %zu more", place->n_shares - SHARES_SHOWN);
}

void snapshot_place(FILE *out, const struct style *style, const struct census *census, const struct census_place *place)
{
	const char *bar = style->frame, *plain = style->plain;
	fprintf(out, "   %s=%s ", bar, plain);
	print_states(out, place);
	if (!census->written)
		fprintf(out, "; opened %llu, closed %llu", (unsigned long long)place->opened,
			(unsigned long long)place->closed);
	if (place->rx || place->tx) {
		fputs("; received ", out);
		print_bytes(out, place->rx);
		fputs(", sent ", out);
		print_bytes(out, place->tx);
	}
	if (place->peers.n) {
		fprintf(out, "\n   %s=%s %s: ", bar, plain, place->peers.all == 1 ? "peer" : "peers");
		print_peers(out, place);
	}
	fprintf(out, "\n   %s=%s ", bar, plain);
	print_shares(out, census, place);
	fputc('\n', out);
	if (place->example) {
		fprintf(out, "   %s=%s the oldest: ", bar, plain);
		print_safe(out, place->example);
		fputc('\n', out);
	}
	if (place->op) {
		fprintf(out, "   %s=%s opened by ", bar, plain);
		print_safe(out, place->op);
		fputs(place->stack ? ":\n" : " (no stack was recorded)\n", out);
	}
	if (!place->op && census->written)
		fprintf(out, "   %s=%s inherited, or opened where SockSan does not see\n", bar, plain);
	if (place->stack)
		text_frames(out, style, place->stack);
}

static void print_heading(FILE *out, const struct style *style, const struct census *census,
			  const struct census_place *place)
{
	const struct symbol *at = place->stack ? symbols_location(place->stack) : NULL;
	char *age = time_text(census_age(census, place->oldest_t));
	fprintf(out, "%sopen%s: ", style->severity[SEVERITY_NOTE], style->plain);
	print_count(out, place->open, census_words(place));
	fprintf(out, "%s for %s\n", place->open == 1 ? "" : ", the oldest", age);
	if (at) {
		fprintf(out, "  %s-->%s ", style->frame, style->plain);
		text_frame(out, at);
		fputc('\n', out);
	}
	free(age);
}

static void print_process(FILE *out, const struct census *census, const struct census_process *process)
{
	fprintf(out, "process %lld", (long long)process->process->pid);
	print_name(out, census, process->process);
	fprintf(out, ": %llu open", (unsigned long long)process->open);
	if (!census->written)
		fprintf(out, " of %llu opened", (unsigned long long)process->opened);
	if (process->descriptors >= 0 && process->nofile > 0)
		fprintf(out, "; %lld of %lld descriptors in use (%.0f %%)", (long long)process->descriptors,
			(long long)process->nofile, 100.0 * (double)process->descriptors / (double)process->nofile);
	else if (process->nofile > 0)
		fprintf(out, "; at most %lld descriptors", (long long)process->nofile);
	fputc('\n', out);
}

static void print_processes(FILE *out, const struct census *census)
{
	size_t idle = 0;
	for (size_t i = 0; i < census->n_processes; i++) {
		if (census->processes[i].open || census->n_processes <= SHARES_SHOWN)
			print_process(out, census, &census->processes[i]);
		else
			idle++;
	}
	if (idle) {
		print_count(out, idle, "more process");
		fputs(idle == 1 ? " has nothing open\n" : " have nothing open\n", out);
	}
}

int snapshot_text(FILE *out, const struct census *census, size_t max, bool full_stacks)
{
	struct style style = text_style(out);
	const struct census_place all = census_sum(census);
	char *note;
	style.full_stacks = full_stacks;
	for (size_t i = 0; i < census->n && (!max || i < max); i++) {
		print_heading(out, &style, census, &census->places[i]);
		snapshot_place(out, &style, census, &census->places[i]);
		fputc('\n', out);
	}
	if (max && census->n > max)
		fprintf(out, "... and %zu more places (--max=0 shows all)\n\n", census->n - max);
	print_processes(out, census);
	for (size_t i = 0; (note = snapshot_note(census, i)); i++) {
		fprintf(out, "%snote:%s %s\n", style.severity[SEVERITY_NOTE], style.plain, note);
		free(note);
	}
	fputs("socksan: ", out);
	print_count(out, all.open, all.kinds[KIND_socket] == all.open ? "socket" : "descriptor");
	fputs(" open from ", out);
	print_count(out, census->n, "place");
	fputs(" in ", out);
	print_count(out, census->n_processes, "process");
	if (all.open) {
		fputs(": ", out);
		print_states(out, &all);
	}
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}
