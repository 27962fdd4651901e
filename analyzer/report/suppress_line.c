/* The line that suppresses a violation: see suppress_line.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/suppress_line.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/report/source_location.h"
#include "analyzer/report/suppress.h"
#include "analyzer/symbols/user_code.h"

/* The frame that called the one of a place, of the same language; NULL: a program, a thread or a callback starts there. */
static const struct symbol *caller(const struct report_item *item, const struct symbol *place)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct symbols *stack = item->stacks[role];
		for (size_t i = 0; stack && i + 1 < stack->n; i++) {
			if (&stack->list[i] != place)
				continue;
			const struct symbol *above = &stack->list[i + 1];
			return above->lang != place->lang || (above->module && is_part_of_c(above->module)) ? NULL
													    : above;
		}
	}
	return NULL;
}

/* "<module>", "<lambda>" */
static bool is_no_name(const char *function) { return !*function || *function == '<'; }

/* Whether it can stand in a line as it is. */
static bool fits_a_line(const char *function)
{
	char *safe = safe_text(function);
	bool fits = strcmp(safe, function) == 0 && !strstr(function, " #");
	free(safe);
	return fits;
}

/* The function of the place, so that the line outlives changes around it. A function that all others are called from, such as main, would
 * hide them all. */
static bool function_will_do(const struct report_item *item, const struct symbol *place)
{
	const char *function = place ? place->function : NULL;
	if (!function || is_no_name(function) || !fits_a_line(function))
		return false;
	const char *colon = strrchr(function, ':');
	if (strcmp(colon ? colon + 1 : function, "main") == 0)
		return false;
	const struct symbol *above = caller(item, place);
	return above && !(above->function && is_no_name(above->function));
}

char *suppression_line(const struct report_item *item)
{
	const struct symbol *place = item_location(item);
	char *pattern = function_will_do(item, place) ? xasprintf("^%s$", place->function) : suppression_exact(item);
	char *line = xasprintf("%s:%s", violations[item->finding->code].slug, pattern);
	free(pattern);
	return line;
}
