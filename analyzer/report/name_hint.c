/* Suggests packages with the names that stacks lack: see name_hint.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/name_hint.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/debug_packages.h"
#include "analyzer/symbols/user_code.h"
#include "analyzer/base/util.h"

enum { MODULES_NAMED = 3, MODULES_SOUGHT = 16 };

struct nameless {
	const char *modules[MODULES_SOUGHT]; /* interned */
	size_t n;
};

static void add_module(struct nameless *nameless, const char *module)
{
	for (size_t i = 0; i < nameless->n; i++)
		if (strcmp(nameless->modules[i], module) == 0)
			return;
	if (nameless->n < MODULES_SOUGHT)
		nameless->modules[nameless->n++] = module;
}

static void add_stack(struct nameless *nameless, const struct symbols *stack)
{
	const struct symbol *place = symbols_location(stack);
	if (place && place->file)
		return;
	for (size_t i = 0; i < stack->n; i++) {
		const struct symbol *symbol = &stack->list[i];
		/* The outermost function, which called the C library's start code, has no name in any package. */
		bool start = i > 0 && i == stack->n - 1 && symbol[-1].module && is_part_of_c(symbol[-1].module);
		if (symbol->built && !symbol->function && !symbol->file && !start && !is_part_of_c(symbol->module))
			add_module(nameless, symbol->module);
	}
}

/* Adds a word to a list, and frees it. */
static char *listed(char *list, const char *separator, const char *word)
{
	char *longer = xasprintf("%s%s%s", list, *list ? separator : "", word);
	free(list);
	return longer;
}

/* Without dpkg: files where only packages install them. */
static bool is_of_the_system(const char *module)
{
	return strncmp(module, "/usr/", 5) == 0 ? strncmp(module, "/usr/local/", 11) != 0
						: strncmp(module, "/lib", 4) == 0 || strncmp(module, "/bin/", 5) == 0 ||
							  strncmp(module, "/sbin/", 6) == 0;
}

void note_packages(struct report *report)
{
	struct nameless nameless = {.n = 0};
	char *packages[MODULES_SOUGHT], *modules = xstrdup(""), *install = xstrdup("");
	size_t named = 0, more = 0;
	for (size_t i = 0; i < report->n_items; i++)
		for (int role = 0; role < ROLE_COUNT; role++)
			if (report->items[i].stacks[role])
				add_stack(&nameless, report->items[i].stacks[role]);
	bool dpkg = nameless.n && packages_of(nameless.modules, nameless.n, packages);
	for (size_t i = 0; i < nameless.n; i++) {
		bool packaged = dpkg ? packages[i] != NULL : is_of_the_system(nameless.modules[i]);
		if (packaged && named < MODULES_NAMED) {
			named++;
			modules = listed(modules, ", ", nameless.modules[i]);
			char *word = dpkg ? xasprintf(" %s-dbgsym", packages[i]) : NULL;
			if (word && !strstr(install, word))
				install = listed(install, "", word);
			free(word);
		} else if (packaged) {
			more++;
		}
		if (dpkg)
			free(packages[i]);
	}
	char *others = more ? xasprintf(" and %zu more", more) : xstrdup("");
	if (named && dpkg)
		report_note(
			report,
			xasprintf("names and lines of %s%s are in a package: apt install%s (from the debug archive)",
				  modules, others, install));
	else if (named)
		report_note(report, xasprintf("names and lines of %s%s are in a package with %s debug information",
					      modules, others, named > 1 ? "their" : "its"));
	free(others);
	free(modules);
	free(install);
}
