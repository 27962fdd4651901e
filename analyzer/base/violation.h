/* The codes of violations: the rows of shim/model/violation.def, with the texts of violations/ID.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_VIOLATION_H
#define SOCKSAN_ANALYZER_VIOLATION_H

#include <stdbool.h>

#include "shim/model/words.h"

/* A note is counted and shown in brief, and never causes a failure. */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITIES };

/* What the descriptor in a line tagged with a code was at the time of the call. */
enum hit {
	HIT_SOCKET,
	HIT_CLOSED, /* a socket that is closed */
	HIT_NOTHING /* never a socket */
};

/* An example of the right way in another language. */
struct example {
	const char *title; /* "In Python" */
	const char *text;
};

struct violation_info {
	const char *slug;
	enum severity severity;
	int cwe;
	enum hit hit;
	const char *meaning;		/* one line: when it is reported */
	const char *help;		/* one line: how to fix it */
	const char *help_in[LANGS];	/* the same where it is in that language; NULL: as everywhere */
	const char *why;		/* why it matters */
	const char *wrong;		/* a C example with the mistake */
	const char *right;		/* the same, corrected */
	const struct example *examples; /* ends with one without a title */
	const char *query;		/* the rule for a fleet, in SQL; NULL: an outcome has none */
	const char *signs; /* what the signs of a process must be for the query to find anything; NULL: not told */
	bool exact;	   /* the query tells what the rule does; else it selects what the rule is to be asked about */
};

/* By code, from VIOLATION_none + 1 on. Written by texts.py. */
extern const struct violation_info violations[CODES];

/* The code with this name, or VIOLATION_none. */
enum violation violation_find(const char *slug);

/* The names of the codes, one by one, then NULL. */
const char *violation_word(size_t i);

/* Whether a line tagged with the code is about a call on a descriptor that no longer was a socket, or never was: then it changed nothing. */
bool violation_missed(enum violation code);

const char *severity_name(enum severity severity);

/* Returns SEVERITIES if there is none with this name. */
enum severity severity_find(const char *name);

#endif
