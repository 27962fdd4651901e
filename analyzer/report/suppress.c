/* Suppressions: CODE:PATTERN, a line each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include "analyzer/report/suppress.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/pattern.h"
#include "analyzer/base/util.h"

enum { ANY_CODE = -1 };

struct suppress_line {
	char *file;
	unsigned number;
	int code; /* or ANY_CODE */
	char *pattern;
	bool used;
};

struct suppressions {
	struct suppress_line *lines;
	size_t n, cap;
};

struct suppressions *suppressions_new(void) { return xcalloc(1, sizeof(struct suppressions)); }

static void drop_lines(struct suppressions *all, size_t keep)
{
	while (all->n > keep) {
		struct suppress_line *line = &all->lines[--all->n];
		free(line->file);
		free(line->pattern);
	}
}

void suppressions_free(struct suppressions *all)
{
	if (!all)
		return;
	drop_lines(all, 0);
	free(all->lines);
	free(all);
}

/* -- reading -------------------------------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Cuts the line at its comment or its trailing blanks, and returns its first non-blank byte. */
static char *strip(char *line)
{
	while (is_blank(*line))
		line++;
	size_t n = 0;
	while (line[n] && !(line[n] == '#' && (n == 0 || is_blank(line[n - 1]))))
		n++;
	line[n] = 0;
	while (n > 0 && is_blank(line[n - 1]))
		line[--n] = 0;
	return line;
}

/* NULL, or what is wrong with the line, to be freed. */
static char *read_line(struct suppressions *all, const char *file, unsigned number, char *text)
{
	char *colon = strchr(text, ':');
	if (!colon)
		return xasprintf("'%s' is not CODE:PATTERN, as in never-closed:accept_one", text);
	*colon = 0;
	int code = strcmp(text, "*") == 0 ? ANY_CODE : (int)violation_find(text);
	if (code == VIOLATION_none) {
		char *near = did_you_mean(text, violation_word, "; `socksan explain` lists them, and * is any");
		char *why = xasprintf("no code '%s'%s", text, near);
		free(near);
		return why;
	}
	char *pattern = strip(colon + 1);
	if (!*pattern)
		return xasprintf("no pattern after '%s:'; * matches everything", text);
	GROW(all->lines, all->n, all->cap);
	all->lines[all->n++] = (struct suppress_line){.file = xstrdup(file),
						      .number = number,
						      .code = code,
						      .pattern = xstrdup(pattern)};
	return NULL;
}

char *suppressions_add(struct suppressions *all, const char *name, const char *text, size_t n)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t before = all->n;
	unsigned number = 0;
	char *copy = xcalloc(n + 1, 1), *rest = memcpy(copy, text, n), *why = NULL;
	if (n >= 3 && memcmp(rest, bom, 3) == 0)
		rest += 3;
	for (char *line; !why && rest; rest = line) {
		char *end = rest + strcspn(rest, "\n");
		line = *end ? end + 1 : NULL;
		number++;
		if (!*end && end != copy + n)
			why = xstrdup("a NUL byte: this is not text");
		*end = 0;
		rest = strip(rest);
		if (!why && *rest)
			why = read_line(all, name, number, rest);
	}
	free(copy);
	if (!why)
		return NULL;
	drop_lines(all, before);
	char *full = xasprintf("%s:%u: %s", name, number, why);
	free(why);
	return full;
}

/* -- matching ------------------------------------------------------------------------------------------------- */

static bool frame_matches(const char *pattern, const struct symbol *frame)
{
	return (frame->function && pattern_matches(pattern, frame->function)) ||
	       (frame->file && pattern_matches(pattern, frame->file)) ||
	       (frame->module && pattern_matches(pattern, frame->module));
}

char *suppression_exact(const struct report_item *item) { return xasprintf("^%s$", item->fingerprint); }

static bool line_matches(const struct suppress_line *line, const struct report_item *item, const char *exact)
{
	if (line->code != ANY_CODE && line->code != (int)item->finding->code)
		return false;
	/* "*" alone matches everything, also what has no stack. A part of a fingerprint does not match: "add" is a function. */
	if (line->pattern[strspn(line->pattern, "*")] == 0 || strcmp(line->pattern, exact) == 0)
		return true;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t i = 0; item->stacks[role] && i < item->stacks[role]->n; i++)
			if (frame_matches(line->pattern, &item->stacks[role]->list[i]))
				return true;
	return false;
}

bool suppressions_match(struct suppressions *all, const struct report_item *item)
{
	bool any = false;
	char *exact = suppression_exact(item);
	for (size_t i = 0; i < all->n; i++)
		if (line_matches(&all->lines[i], item, exact))
			any = all->lines[i].used = true;
	free(exact);
	return any;
}

void suppressions_unused(const struct suppressions *all, void (*tell)(void *context, const char *line), void *context)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct suppress_line *line = &all->lines[i];
		if (line->used)
			continue;
		char *text = xasprintf("%s:%u: %s:%s", line->file, line->number,
				       line->code == ANY_CODE ? "*" : violations[line->code].slug, line->pattern);
		tell(context, text);
		free(text);
	}
}
