/* Where a violation is shown to a reviewer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/report/source_location.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/util.h"

static const char *working_folder(void)
{
	static char *folder;
	if (!folder && !(folder = getcwd(NULL, 0)))
		folder = xstrdup("/");
	return folder;
}

const char *repo_root(void)
{
	static char *root;
	if (root)
		return root;
	root = xstrdup(working_folder());
	for (char *end = root + strlen(root); end > root; end = strrchr(root, '/')) {
		*end = 0;
		char *git = xasprintf("%s/.git", root);
		bool found = access(git, F_OK) == 0;
		free(git);
		if (found)
			return root;
	}
	free(root);
	return root = xstrdup(working_folder());
}

/* The part of `path` after `folder`, both absolute; NULL: the path is not below it. */
static const char *below(const char *folder, const char *path)
{
	size_t n = strlen(folder);
	while (n > 0 && folder[n - 1] == '/')
		n--;
	return strncmp(folder, path, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1 : NULL;
}

static bool is_there(const char *folder, const char *path)
{
	char *whole = xasprintf("%s/%s", folder, path);
	bool there = access(whole, F_OK) == 0;
	free(whole);
	return there;
}

char *repo_path(const char *file)
{
	char *path = NULL;
	if (*file == '/') {
		char *real = realpath(file, NULL);
		const char *rest = below(repo_root(), file);
		path = rest ? normal_path(rest) : NULL;
		if (!path && real && (rest = below(repo_root(), real)))
			path = xstrdup(rest);
		free(real);
	} else {
		const char *sub = below(repo_root(), working_folder());
		if (sub && !is_there(repo_root(), file) && is_there(working_folder(), file)) {
			char *longer = xasprintf("%s/%s", sub, file);
			path = normal_path(longer);
			free(longer);
		} else {
			path = normal_path(file);
		}
	}
	if (path && !*path) {
		free(path);
		path = NULL;
	}
	return path;
}

char *uri_of_path(const char *path)
{
	char *text = utf8_text(path), *uri = xcalloc(strlen(text), 3 + 1), *to = uri;
	for (const char *c = text; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-._~/", *c))
			*to++ = *c;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*c);
	}
	*to = 0;
	free(text);
	return uri;
}

const char *path_from_here(const char *file)
{
	const char *rest = *file == '/' ? below(working_folder(), file) : NULL;
	return rest && strcmp(working_folder(), "/") != 0 ? rest : file;
}

/* A frame whose file is in the repository, starting at `first`, which may be NULL. */
static const struct symbol *location_in_repo(const struct symbols *symbols, const struct symbol *first)
{
	for (size_t i = 0; symbols && i < symbols->n; i++) {
		const struct symbol *symbol = &symbols->list[i];
		char *path = symbol >= first && symbol->counts && symbol->file ? repo_path(symbol->file) : NULL;
		bool inside = path != NULL;
		free(path);
		if (inside)
			return symbol;
	}
	return NULL;
}

/* Where each stack starts to be of interest: for two closes, beyond what they have in common. */
static const struct symbol *stack_location(const struct report_item *item, enum role role)
{
	const enum violation code = item->finding->code;
	const struct symbols *stack = item->stacks[role], *other = NULL;
	if (code == VIOLATION_double_close || code == VIOLATION_stale_close)
		other = role == ROLE_AT	      ? item->stacks[ROLE_CLOSED]
			: role == ROLE_CLOSED ? item->stacks[ROLE_AT]
					      : NULL;
	return !stack ? NULL : other ? symbols_diverging(stack, other) : symbols_location(stack);
}

/* What an event loop accepted is shown at its listener: see report.c. */
static const enum role *roles_of(const struct report_item *item)
{
	static const enum role at_listener[ROLE_COUNT] = {ROLE_OTHER, ROLE_OPENED, ROLE_AT, ROLE_CLOSED};
	return finding_has_listener(item->finding) ? at_listener : roles_by_weight(item->finding->code);
}

const struct symbol *item_place(const struct report_item *item)
{
	const enum role *by_weight = roles_of(item);
	const struct symbol *foreign = NULL;
	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct symbol *found = stack_location(item, by_weight[i]);
		if (found && found->counts)
			return found;
		if (!foreign)
			foreign = found;
	}
	return foreign;
}

const struct symbol *item_location(const struct report_item *item)
{
	const enum role *by_weight = roles_of(item);
	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct symbols *stack = item->stacks[by_weight[i]];
		const struct symbol *place = location_in_repo(stack, stack_location(item, by_weight[i]));
		if (!place)
			place = location_in_repo(stack, NULL);
		if (place)
			return place;
	}
	return item_place(item);
}

const struct symbol *first_close(const struct report_item *item)
{
	const enum violation code = item->finding->code;
	return code == VIOLATION_double_close || code == VIOLATION_stale_close ? stack_location(item, ROLE_CLOSED)
									       : NULL;
}
