/* The codes of violations: the rows of shim/model/violation.def, with the texts of violations/ID.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_VIOLATION_H
#define SOCKSAN_ANALYZER_VIOLATION_H

#include <stdbool.h>

enum violation {
#define VIOLATION(id, ...) VIOLATION_##id,
#include "shim/model/violation.def"
#undef VIOLATION
	VIOLATION_COUNT
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* What else tells a violation from others of its code. */
enum cause {
	CAUSE_NONE,
#define CAUSE(id, slug) CAUSE_##id,
#include "shim/model/cause.def"
#undef CAUSE
	CAUSE_COUNT
};

/* How a language gets it right. */
struct example {
	const char *title; /* "In Python" */
	const char *text;
};

struct violation_info {
	const char *slug;
	enum severity severity;
	int cwe;
	const char *meaning;		/* one line: when it fires */
	const char *help;		/* one line: how to mend it */
	const char *why;		/* what it costs */
	const char *wrong;		/* a C example that has the mistake */
	const char *right;		/* the same, mended */
	const struct example *examples; /* up to one without a title */
};

/* Written by texts.py. */
extern const struct violation_info violations[VIOLATION_COUNT];

/* The code of this name, or -1. */
int violation_find(const char *slug);

/* The name of a code that is nearest to a mistyped one, or NULL when none is near. */
const char *violation_nearest(const char *slug);

/* Whether a line tagged with the code tells of a call on a number that was no socket any more, or never: it changed nothing.
 * -1: it has no tag. */
bool violation_missed(int code);

const char *severity_name(enum severity severity);

const char *cause_name(enum cause cause); /* NULL for CAUSE_NONE */

#endif
