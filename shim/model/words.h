/* The words of the trace as enums: socket states, kinds of descriptors, notes, violations, their causes, languages, and others, from the
 * rows of event.def, kind.def, violation.def, cause.def and lang.def. Shim and analyzer both include this header, so a word has the same
 * number in both.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_WORDS_H
#define SHIM_WORDS_H

#include <stddef.h>

enum state {
	STATE_ABSENT = -1, /* the line has none; only in the analyzer */
	STATE_NONE,	   /* no descriptor: null in the trace */
#define STATE(id, text) STATE_##id,
#include "shim/model/event.def"
	STATES
};

enum violation {
	VIOLATION_none,
#define VIOLATION(id, ...) VIOLATION_##id,
#include "shim/model/violation.def"
	VIOLATIONS, /* so many are judged; those behind them only `socksan explore` tells */
	VIOLATIONS_LAST = VIOLATIONS - 1,
#define OUTCOME(id, ...) VIOLATION_##id,
#include "shim/model/violation.def"
	CODES
};

enum note {
	NOTE_none,
#define NOTE(id, text) NOTE_##id,
#include "shim/model/event.def"
	NOTES
};

enum how {
	HOW_none,
#define HOW(id, text) HOW_##id,
#include "shim/model/event.def"
	HOWS
};

enum loss {
	LOSS_none,
#define LOSS(id, text) LOSS_##id,
#include "shim/model/event.def"
	LOSSES
};

enum kind {
#define KIND(id, words) KIND_##id,
#include "shim/model/kind.def"
#undef KIND
	KINDS
};

enum { KINDS_ALL = (1 << KINDS) - 1 }; /* a bit for each */

enum lang {
	LANG_c,
#define LANG(id, ...) LANG_##id,
#include "shim/model/lang.def"
#undef LANG
	LANGS
};

enum cause {
	CAUSE_none,
#define CAUSE(id, slug) CAUSE_##id,
#include "shim/model/cause.def"
#undef CAUSE
	CAUSES
};

/* The words as the trace has them; NULL for none and for values out of range. In the header because the halves share no object file. */

static inline const char *state_name(unsigned state)
{
	static const char *const names[STATES] = {
		NULL,
#define STATE(id, text) text,
#include "shim/model/event.def"
	};
	return state < STATES ? names[state] : NULL;
}

static inline const char *violation_name(unsigned violation)
{
	static const char *const names[CODES] = {
		NULL,
#define VIOLATION(id, slug, ...) [VIOLATION_##id] = slug,
#define OUTCOME(id, slug, ...) [VIOLATION_##id] = slug,
#include "shim/model/violation.def"
	};
	return violation < CODES ? names[violation] : NULL;
}

static inline const char *note_name(unsigned note)
{
	static const char *const names[NOTES] = {
		NULL,
#define NOTE(id, text) text,
#include "shim/model/event.def"
	};
	return note < NOTES ? names[note] : NULL;
}

static inline const char *how_name(unsigned how)
{
	static const char *const names[HOWS] = {
		NULL,
#define HOW(id, text) text,
#include "shim/model/event.def"
	};
	return how < HOWS ? names[how] : NULL;
}

static inline const char *loss_name(unsigned loss)
{
	static const char *const names[LOSSES] = {
		NULL,
#define LOSS(id, text) text,
#include "shim/model/event.def"
	};
	return loss < LOSSES ? names[loss] : NULL;
}

static inline const char *kind_name(unsigned kind)
{
	static const char *const names[KINDS] = {
#define KIND(id, words) #id,
#include "shim/model/kind.def"
#undef KIND
	};
	return kind < KINDS ? names[kind] : NULL;
}

static inline const char *cause_name(unsigned cause)
{
	static const char *const names[CAUSES] = {
		NULL,
#define CAUSE(id, slug) slug,
#include "shim/model/cause.def"
#undef CAUSE
	};
	return cause < CAUSES ? names[cause] : NULL;
}

static inline const char *lang_name(unsigned lang)
{
	static const char *const names[LANGS] = {
		"c",
#define LANG(id, ...) #id,
#include "shim/model/lang.def"
#undef LANG
	};
	return lang < LANGS ? names[lang] : NULL;
}

/* The key of a language's frames in a `stack` line; NULL for C. */
static inline const char *lang_frames_key(unsigned lang)
{
	static const char *const keys[LANGS] = {
		NULL,
#define LANG(id, key, ...) key,
#include "shim/model/lang.def"
#undef LANG
	};
	return lang < LANGS ? keys[lang] : NULL;
}

#endif
