/* The look of text reports: colours, frames, lists of numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TEXT_STYLE_H
#define SOCKSAN_ANALYZER_TEXT_STYLE_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/base/int_set.h"
#include "analyzer/base/violation.h"
#include "analyzer/symbols/symbol.h"

enum { NUMBERS_SHOWN = 8 };

/* The colours of a text, and how much of a stack it shows. */
struct style {
	const char *severity[SEVERITIES], *frame, *plain;
	bool full_stacks, sources;
};

extern const struct style text_no_colours;

/* With colours if the stream is a terminal that supports them. */
struct style text_style(FILE *out);

/* "descriptors 5, 7 and 3 more" */
void text_numbers(FILE *out, const char *one, const char *many, const struct int_set *numbers);

/* "file:line", with its path relative to the working directory; and the same with " in function". */
void text_place(FILE *out, const struct symbol *symbol);
void text_frame(FILE *out, const struct symbol *symbol);

/* The frames of a stack, one per line. */
void text_frames(FILE *out, const struct style *style, const struct symbols *symbols);

#endif
