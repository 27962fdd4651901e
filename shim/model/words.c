/* The words of the trace as text: see words.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/model/words.h"

#include <stddef.h>

static const char *const state_names[STATES] = {
#define STATE(id, text) [STATE_##id] = text,
#include "shim/model/event.def"
};

static const char *const violation_names[VIOLATIONS] = {
#define VIOLATION(id, slug, ...) [VIOLATION_##id] = slug,
#include "shim/model/violation.def"
#undef VIOLATION
};

static const char *const note_names[NOTES] = {
#define NOTE(id, text) [NOTE_##id] = text,
#include "shim/model/event.def"
};

const char *state_name(unsigned state) { return state < STATES ? state_names[state] : NULL; }
const char *violation_name(unsigned violation) { return violation < VIOLATIONS ? violation_names[violation] : NULL; }
const char *note_name(unsigned note) { return note < NOTES ? note_names[note] : NULL; }
