/* The formats of the report, made from the rows of format.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FORMAT_H
#define SOCKSAN_ANALYZER_FORMAT_H

#include <stddef.h>
#include <stdio.h>

enum report_format {
#define FORMAT(name, ...) FORMAT_##name,
#include "analyzer/report/format.def"
#undef FORMAT
	FORMAT_COUNT
};

struct report;

/* Each writes one format. -1: writing failed. */
#define FORMAT(name, ...) int report_##name(FILE *out, const struct report *report);
#include "analyzer/report/format.def"
#undef FORMAT

struct format {
	const char *name;
	const char *meaning;
	enum syntax { SYNTAX_TEXT, SYNTAX_JSON } syntax;
	int (*write)(FILE *out, const struct report *report);
};

extern const struct format formats[FORMAT_COUNT];

/* " text json ...", for messages. */
extern const char format_names[];

/* The format whose name is the first `n` bytes of `name`, or -1. */
int format_find(const char *name, size_t n);

#endif
