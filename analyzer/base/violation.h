/* The codes of violations: the rows of shim/model/violation.def, with the texts of violations/ID.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_VIOLATION_H
#define SOCKSAN_ANALYZER_VIOLATION_H

#include <stdbool.h>

#include "shim/model/words.h"

/* A note is counted and told in brief, and never fails. */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITIES };

/* What the descriptor in a line tagged with a code was at the time of the call. */
enum hit {
	HIT_SOCKET,
	HIT_CLOSED, /* a socket that is closed */
	HIT_NOTHING /* never a socket */
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
	enum hit hit;
	const char *meaning;		/* one line: when it fires */
	const char *help;		/* one line: how to mend it */
	const char *why;		/* what it costs */
	const char *wrong;		/* a C example that has the mistake */
	const char *right;		/* the same, mended */
	const struct example *examples; /* up to one without a title */
};

/* By code, from VIOLATION_none + 1 on. Written by texts.py. */
extern const struct violation_info violations[CODES];

/* The code of this name, or VIOLATION_none. */
enum violation violation_find(const char *slug);

/* The name of a code that is nearest to a mistyped one, or NULL when none is near. */
const char *violation_nearest(const char *slug);

/* Whether a line tagged with the code tells of a call on a descriptor that was no socket any more, or never: it changed nothing. */
bool violation_missed(enum violation code);

const char *severity_name(enum severity severity);

/* SEVERITIES: there is none of this name. */
enum severity severity_find(const char *name);

#endif
