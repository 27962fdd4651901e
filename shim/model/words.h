/* The words of the trace as numbers: states of a socket, violations, their causes, notes. A row of event.def, violation.def or cause.def each.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_WORDS_H
#define SHIM_WORDS_H

enum state {
	STATE_NONE, /* no descriptor: null in the trace */
#define STATE(id, text) STATE_##id,
#include "shim/model/event.def"
	STATES
};

enum violation {
	VIOLATION_none,
#define VIOLATION(id, ...) VIOLATION_##id,
#include "shim/model/violation.def"
#undef VIOLATION
	VIOLATIONS
};

enum note {
	NOTE_none,
#define NOTE(id, text) NOTE_##id,
#include "shim/model/event.def"
	NOTES
};

enum cause {
	CAUSE_none,
#define CAUSE(id, slug) CAUSE_##id,
#include "shim/model/cause.def"
#undef CAUSE
	CAUSES
};

const char *state_name(unsigned state);		/* NULL for STATE_NONE */
const char *violation_name(unsigned violation); /* NULL for VIOLATION_none */
const char *note_name(unsigned note);		/* NULL for NOTE_none */

#endif
