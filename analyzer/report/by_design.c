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

/* The frame that made the descriptor: the innermost outside of the C library; or NULL. */
static const struct symbol *maker(const struct symbols *opened)
{
	for (size_t i = 0; opened && i < opened->n; i++)
		if (!opened->list[i].module || !is_part_of_c(opened->list[i].module))
			return &opened->list[i];
	return NULL;
}

static bool row_has(const struct by_design *row, const struct symbol *frame)
{
	const char *where = !frame ? NULL : frame->lang ? frame->file : frame->module;
	return where && frame->function && strcmp(row->function, frame->function) == 0 &&
	       pattern_matches(row->where, where);
}

const char *runtime_maker(const struct report_item *item)
{
	const struct symbol *frame = maker(item->stacks[ROLE_OPENED]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (row_has(&rows[i], frame))
			return rows[i].function;
	return NULL;
}

const char *by_design(const struct report_item *item)
{
	const struct symbol *frame = maker(item->stacks[ROLE_OPENED]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == item->finding->code && rows[i].kind == item->finding->kind &&
		    row_has(&rows[i], frame))
			return rows[i].reason;
	return NULL;
}
