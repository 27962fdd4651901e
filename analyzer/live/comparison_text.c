/* What grew between two snapshots, as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/base/util.h"
#include "analyzer/live/comparison.h"
#include "analyzer/report/text_style.h"
#include "analyzer/symbols/symbols.h"

/* "12 more TCP sockets" */
static void print_change(FILE *out, const struct compared_place *place)
{
	long long n = place->open[1] - place->open[0];
	char *what = xasprintf("%s %s", n < 0 ? "fewer" : "more", place->what), *safe = safe_text(what);
	print_count(out, (uint64_t)llabs(n), safe);
	fprintf(out, ", %lld -> %lld", (long long)place->open[0], (long long)place->open[1]);
	free(safe);
	free(what);
}

static void print_rate(FILE *out, const struct comparison *comparison, int64_t n)
{
	double rate = per_minute(comparison, n);
	if (comparison->seconds > 0)
		fprintf(out, rate < 10 && rate > -10 ? ", %+.1f a minute" : ", %+.0f a minute", rate);
}

static void print_states(FILE *out, const struct compared_place *place)
{
	const char *comma = "";
	for (unsigned state = STATE_NONE + 1; state < STATES; state++) {
		long long n = place->states[1][state] - place->states[0][state];
		if (!n)
			continue;
		fprintf(out, "%s%+lld %s", comma, n, state == STATE_OPEN ? "open" : state_name(state));
		comma = ", ";
	}
}

static void print_grown(FILE *out, const struct style *style, const struct comparison *comparison,
			const struct compared_place *place)
{
	const struct symbol *at = place->stack ? symbols_location(place->stack) : NULL;
	const char *bar = style->frame, *plain = style->plain;
	fprintf(out, "%sgrew%s: ", style->severity[SEVERITY_WARNING], plain);
	print_change(out, place);
	print_rate(out, comparison, place->open[1] - place->open[0]);
	fputc('\n', out);
	if (at) {
		fprintf(out, "  %s-->%s ", bar, plain);
		text_frame(out, at);
		fputc('\n', out);
	}
	fprintf(out, "   %s=%s ", bar, plain);
	print_states(out, place);
	if (place->stayed && place->open[0])
		fprintf(out, "; opened %lld, closed %lld in between", (long long)(place->opened[1] - place->opened[0]),
			(long long)(place->closed[1] - place->closed[0]));
	fputc('\n', out);
	if (place->op) {
		fprintf(out, "   %s=%s opened by ", bar, plain);
		print_safe(out, place->op);
		fputs(at ? ":\n" : " (no stack was recorded)\n", out);
	}
	if (at)
		text_frames(out, style, place->stack);
	fputc('\n', out);
}

/* In brief: a decrease is not a problem. */
static void print_shrunk(FILE *out, const struct style *style, const struct compared_place *place)
{
	const struct symbol *at = place->stack ? symbols_location(place->stack) : NULL;
	fprintf(out, "%sshrank%s: ", style->severity[SEVERITY_NOTE], style->plain);
	print_change(out, place);
	if (at) {
		fputs(", ", out);
		text_frame(out, at);
	}
	fputc('\n', out);
}

int comparison_text(FILE *out, const struct comparison *comparison, size_t max, bool full_stacks)
{
	struct style style = text_style(out);
	size_t i, first = comparison->n - comparison->shrank;
	style.full_stacks = full_stacks;
	for (i = 0; i < comparison->grew && (!max || i < max); i++)
		print_grown(out, &style, comparison, &comparison->places[i]);
	if (i < comparison->grew)
		fprintf(out, "... and %zu more (--max=0 shows all)\n\n", comparison->grew - i);
	for (i = comparison->n; i > first && (!max || comparison->n - i < max); i--)
		print_shrunk(out, &style, &comparison->places[i - 1]);
	if (comparison->shrank)
		fputc('\n', out);
	if (comparison->reversed)
		fprintf(out, "%snote:%s the second snapshot is older than the first\n", style.severity[SEVERITY_NOTE],
			style.plain);
	fputs("socksan: ", out);
	print_count(out, comparison->grew, "place");
	fprintf(out, " grew, %zu shrank: %lld -> %lld open", comparison->shrank, (long long)comparison->open[0],
		(long long)comparison->open[1]);
	if (comparison->seconds > 0) {
		char *time = time_text((long long)(comparison->seconds * 1e9));
		fprintf(out, " in %s", time);
		free(time);
	}
	print_rate(out, comparison, comparison->open[1] - comparison->open[0]);
	fputc('\n', out);
	return ferror(out) ? -1 : 0;
}
