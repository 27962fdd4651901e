/* What runtimes do by design: see by_design.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/by_design.h"

#include <string.h>

#include "analyzer/base/pattern.h"
#include "analyzer/symbols/user_code.h"

static const struct by_design {
	enum violation code;
	enum kind kind;
	const char *function, *where, *reason;
} rows[] = {
#define SUPPRESSION(code, kind, function, where, reason) {VIOLATION_##code, KIND_##kind, function, where, reason},
#include "analyzer/report/by_design.def"
#undef SUPPRESSION
};

/* Python's module of temporary files makes none for itself. */
static bool makes_for_its_caller(const struct symbol *frame)
{
	return frame->lang == LANG_python && frame->file && pattern_matches("/tempfile.py$", frame->file);
}

/* Whether this frame made the descriptor: the innermost one outside of the C library or, if that is a script's, the C function that it
 * called. */
static bool is_maker(const struct symbols *opened, size_t i)
{
	const struct symbol *symbol = &opened->list[i], *before = opened->list;
	for (; before < symbol; before++)
		if (!(before->module && is_part_of_c(before->module)) && !(before->lang && !symbol->lang) &&
		    !makes_for_its_caller(before))
			return false;
	return !symbol->module || !is_part_of_c(symbol->module);
}

static bool names(const struct by_design *row, const struct symbol *frame)
{
	const char *where = frame->lang ? frame->file : frame->module;
	return where && frame->function && strcmp(row->function, frame->function) == 0 &&
	       pattern_matches(row->where, where);
}

static bool row_has(const struct by_design *row, const struct symbols *opened)
{
	for (size_t i = 0; opened && i < opened->n; i++)
		if (names(row, &opened->list[i]) && is_maker(opened, i))
			return true;
	return false;
}

const char *runtime_maker(const struct report_item *item)
{
	const struct symbols *opened = item->stacks[ROLE_OPENED];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (row_has(&rows[i], opened))
			return rows[i].function;
	return NULL;
}

const char *by_design(const struct report_item *item)
{
	const struct symbols *opened = item->stacks[ROLE_OPENED];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == item->finding->code && rows[i].kind == item->finding->kind &&
		    row_has(&rows[i], opened))
			return rows[i].reason;
	return NULL;
}
