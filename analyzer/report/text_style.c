/* How text reports look: see text_style.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/text_style.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"
#include "analyzer/report/source_location.h"
#include "analyzer/symbols/symbols.h"

enum { FRAMES_SHOWN = 4, FRAMES_FOLDED = 11 };

const struct style text_no_colours = {{"", "", ""}, "", "", false, false};
static const struct style ansi = {{"\033[1;31m", "\033[1;33m", "\033[1;36m"}, "\033[1;34m", "\033[0m", false, false};

struct style text_style(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool colour = isatty(fileno(out)) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
	return colour ? ansi : text_no_colours;
}

void text_numbers(FILE *out, const char *one, const char *many, const struct int_set *numbers)
{
	fprintf(out, "%s ", numbers->n == 1 ? one : many);
	for (size_t i = 0; i < numbers->n && i < NUMBERS_SHOWN; i++)
		fprintf(out, "%s%lld", i ? ", " : "", (long long)numbers->values[i]);
	if (numbers->n > NUMBERS_SHOWN)
		fprintf(out, " and %zu more", numbers->n - NUMBERS_SHOWN);
}

void text_place(FILE *out, const struct symbol *symbol)
{
	struct symbol shown = *symbol;
	shown.file = symbol->file ? path_from_here(symbol->file) : NULL;
	print_location(out, &shown);
}

void text_frame(FILE *out, const struct symbol *symbol)
{
	text_place(out, symbol);
	if (symbol->function) {
		fputs(" in ", out);
		print_safe(out, symbol->function);
	}
}

/* The C library's start code, outermost, is of no interest. */
static size_t telling_frames(const struct symbols *symbols)
{
	size_t n = symbols->n;
	while (n > 0 && !symbols->list[n - 1].counts)
		n--;
	return n ? n : symbols->n;
}

/* How many frames, from one on, are hidden: user frames and the first one never are. */
static size_t hidden_frames(const struct symbols *symbols, size_t n, size_t from)
{
	size_t to = from;
	while (n >= FRAMES_FOLDED && to >= FRAMES_SHOWN && to < n && !symbols->list[to].own)
		to++;
	return to - from > 1 ? to - from : 0; /* a line in place of one frame would save nothing */
}

void text_frames(FILE *out, const struct style *style, const struct symbols *symbols)
{
	size_t n = style->full_stacks ? symbols->n : telling_frames(symbols);
	for (size_t i = 0, hidden; i < n; i += hidden) {
		hidden = style->full_stacks ? 0 : hidden_frames(symbols, n, i);
		fputs("        ", out);
		if (hidden) {
			fputs("... ", out);
			print_count(out, hidden, "more frame");
			fputs(" (--full-stacks)\n", out);
			continue;
		}
		text_frame(out, &symbols->list[i]);
		fputc('\n', out);
		hidden = 1;
	}
}
