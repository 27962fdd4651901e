/* Fuzzes suppressions: their lines, and their patterns against a matcher that is as plain as can be. A NUL byte parts the
 * lines from the name of a function that they are matched with.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/pattern.h"
#include "analyzer/report/suppress.h"
#include "analyzer/base/util.h"
#include "tests/fuzz/fuzz.h"

enum { LONGEST = 64 };

/* Whether all of `text` is a glob with stars: row by row of the table of what is left of both. */
static bool glob(const char *pattern, size_t n_pattern, const char *text, size_t n_text)
{
	static bool fits[LONGEST + 1];
	memset(fits, 0, sizeof fits);
	fits[0] = true;
	for (size_t i = 0; i < n_pattern; i++) {
		bool before = fits[0];
		fits[0] = before && pattern[i] == '*';
		for (size_t j = 0; j < n_text; j++) {
			bool here = fits[j + 1];
			fits[j + 1] = pattern[i] == '*' ? here || fits[j] : before && pattern[i] == text[j];
			before = here;
		}
	}
	return fits[n_text];
}

static bool plain_match(const char *pattern, const char *text)
{
	char whole[LONGEST + 3];
	size_t n = strlen(pattern);
	bool start = *pattern == '^', end = n > start && pattern[n - 1] == '$';
	snprintf(whole, sizeof whole, "%s%.*s%s", start ? "" : "*", (int)(n - start - end), pattern + start,
		 end ? "" : "*");
	return glob(whole, strlen(whole), text, strlen(text));
}

static void check_pattern(const char *pattern, const char *text)
{
	if (strlen(pattern) > LONGEST || strlen(text) > LONGEST)
		return;
	bool matches = pattern_matches(pattern, text);
	EXPECT(matches == plain_match(pattern, text), "'%s' %s '%s'", pattern, matches ? "matches" : "does not match",
	       text);
}

static void tell(void *context, const char *line)
{
	++*(size_t *)context;
	EXPECT(strncmp(line, "name:", 5) == 0 && strchr(line + 5, ':'), "a line without its place: %s", line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *part = size ? memchr(data, 0, size) : NULL;
	size_t n = part ? (size_t)(part - data) : size, unused = 0;
	char *lines = fuzz_text(data, n), *function = part ? fuzz_text(part + 1, size - n - 1) : xstrdup("main");
	struct suppressions *all = suppressions_new();
	struct symbols *stack = xcalloc(1, sizeof *stack + sizeof *stack->list);
	struct finding finding = {.code = VIOLATION_never_closed};
	const struct report_item item = {.finding = &finding, .stacks[ROLE_AT] = stack};
	stack->n = 1;
	stack->list[0] = (struct symbol){.function = function, .file = "/src/server.c", .module = "/usr/bin/server"};
	char *why = suppressions_add(all, "name", lines, n);
	if (why)
		EXPECT(strncmp(why, "name:", 5) == 0, "a refusal without its place: %s", why);
	bool matches = suppressions_match(all, &item);
	suppressions_unused(all, tell, &unused);
	EXPECT(!why || (!matches && !unused), "lines are taken from a file that is refused");
	char *line = strchr(lines, '\n');
	if (line)
		*line++ = 0;
	check_pattern(lines, function);
	if (line)
		check_pattern(line, lines);
	free(why);
	suppressions_free(all);
	free(stack);
	free(lines);
	free(function);
	return 0;
}
