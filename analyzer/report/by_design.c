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

/* The innermost frame outside of the C library, or NULL. */
static const struct symbol *doer(const struct symbols *stack)
{
	for (size_t i = 0; stack && i < stack->n; i++)
		if (!stack->list[i].module || !is_part_of_c(stack->list[i].module))
			return &stack->list[i];
	return NULL;
}

static bool row_fits(const struct by_design *row, const struct report_item *item)
{
	if (row->code != item->finding->code || row->kind != item->finding->kind)
		return false;
	const struct symbol *frame = doer(item->stacks[ROLE_OPENED]);
	const char *where = !frame ? NULL : frame->python ? frame->file : frame->module;
	return where && frame->function && strcmp(row->function, frame->function) == 0 &&
	       pattern_matches(row->where, where);
}

const char *by_design(const struct report_item *item)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (row_fits(&rows[i], item))
			return rows[i].reason;
	return NULL;
}
