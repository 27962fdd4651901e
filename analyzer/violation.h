/* The codes of violations, made from the rows of shim/violation.def: severity, texts and the order of the table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_VIOLATION_H
#define SOCKSAN_ANALYZER_VIOLATION_H

#include <stdbool.h>

enum violation {
#define VIOLATION(id, ...) VIOLATION_##id,
#include "shim/violation.def"
#undef VIOLATION
	VIOLATION_COUNT
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct violation_info {
	const char *slug;
	enum severity severity;
	int cwe;
	const char *meaning;
	const char *help;
	const char *why;
	const char *wrong;  /* a C example that has the mistake */
	const char *right;  /* the same, mended */
	const char *python; /* how Python gets it right */
};

extern const struct violation_info violations[VIOLATION_COUNT];

/* The code of this name, or -1. */
int violation_find(const char *slug);

/* The name of a code that is nearest to a mistyped one, or NULL when none is near. */
const char *violation_nearest(const char *slug);

const char *severity_name(enum severity severity);

#endif
