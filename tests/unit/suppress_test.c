/* suppress: patterns, lines, what is wrong with them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit.h"

#include "analyzer/base/pattern.h"
#include "analyzer/report/suppress.h"

static void patterns(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"accept", "accept", true},
		{"accept", "accept_one", true},
		{"accept", "do_accept", true},
		{"accept", "acept", false},
		{"*", "", true},
		{"*", "x", true},
		{"a*c", "xabbbcx", true},
		{"a*c", "ab", false},
		{"^accept$", "accept", true},
		{"^accept$", "accept_one", false},
		{"^accept", "do_accept", false},
		{"accept$", "do_accept", true},
		{"accept$", "accept_one", false},
		{"^a*e$", "accept_one", true},
		{"^a*e$", "accept_on", false},
		{"*.c$", "/src/server.c", true},
		{"*.c$", "/src/server.cc", false},
		{"/src/*/a.c", "/src/b/a.c", true},
		{"a*b*c", "a1b2c3", true},
		{"a*b*c", "a1c2b3", false},
		{"a**b", "ab", true},
		{"aab", "aaab", true},
		{"ns::f(int)", "ns::f(int)", true},
		{"[ab]", "a", false},
		{"?", "a", false},
		{"A", "a", false},
		{"^", "x", true},
		{"$", "x", true},
		{"^$", "x", false},
		{"a*a*a*a*b", "aaaaaaaaaaaaaaaa", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (pattern_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("expected '%s' %sto match '%s'", cases[i].pattern, cases[i].matches ? "" : "not ",
				 cases[i].text);
}

static struct symbols *one_frame(const char *function, const char *file, const char *module)
{
	struct symbols *symbols = calloc(1, sizeof *symbols + sizeof *symbols->list);
	symbols->n = 1;
	symbols->list[0] = (struct symbol){.function = function, .file = file, .module = module};
	return symbols;
}

static bool matches(const char *lines, enum violation code, enum role role, const struct symbols *stack)
{
	struct finding finding = {.code = code};
	struct report_item item = {.finding = &finding, .fingerprint = "0123456789abcdef"};
	item.stacks[role] = stack;
	struct suppressions *all = suppressions_new();
	char *why = suppressions_add(all, "s", lines, strlen(lines));
	assert_null(why);
	bool result = suppressions_match(all, &item);
	suppressions_free(all);
	return result;
}

static void function_file_and_module_of_every_stack(void **state)
{
	(void)state;
	struct symbols *stack = one_frame("serve", "/src/server.c", "/opt/bin/prog");
	for (enum role role = 0; role < ROLE_COUNT; role++) {
		assert_true(matches("never-closed:serve", VIOLATION_never_closed, role, stack));
		assert_true(matches("never-closed:server.c", VIOLATION_never_closed, role, stack));
		assert_true(matches("*:/opt/*/prog", VIOLATION_bad_fd, role, stack));
		assert_false(matches("bad-fd:serve", VIOLATION_never_closed, role, stack));
		assert_false(matches("*:client", VIOLATION_never_closed, role, stack));
	}
	assert_true(matches("bad-fd:*", VIOLATION_bad_fd, ROLE_AT, NULL));
	assert_false(matches("bad-fd:x", VIOLATION_bad_fd, ROLE_AT, NULL));
	free(stack);
}

/* Only whole: parts of it are names of functions too. */
static void the_fingerprint(void **state)
{
	(void)state;
	assert_true(matches("bad-fd:^0123456789abcdef$", VIOLATION_bad_fd, ROLE_AT, NULL));
	assert_false(matches("never-closed:^0123456789abcdef$", VIOLATION_bad_fd, ROLE_AT, NULL));
	assert_false(matches("*:abcd", VIOLATION_bad_fd, ROLE_AT, NULL));
	assert_false(matches("*:^0123*", VIOLATION_bad_fd, ROLE_AT, NULL));
	assert_false(matches("*:^0123456789abcdee$", VIOLATION_bad_fd, ROLE_AT, NULL));
}

static void comments_blanks_and_line_ends(void **state)
{
	(void)state;
	struct symbols *stack = one_frame("a#b", NULL, NULL);
	static const char *const good[] = {
		"*:a",	     "  *:a  ",	 "*:a\n",      "*:a\r\n",	  "# x\n\n*:a\n",
		"*:a # why", "\t*:a\t#", "*: a#b # c", "\xef\xbb\xbf*:a", "bad-fd:x\n*:a",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!matches(good[i], VIOLATION_bad_fd, ROLE_AT, stack))
			fail_msg("expected '%s' to match", good[i]);
	assert_false(matches("", VIOLATION_bad_fd, ROLE_AT, stack));
	assert_false(matches("#*:a", VIOLATION_bad_fd, ROLE_AT, stack));
	free(stack);
}

static void a_malformed_line_is_named_and_nothing_of_its_file_taken(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
		size_t n;
	} cases[] = {
		{"*:a\nnonsense\n", "s:2: 'nonsense' is not CODE:PATTERN, as in never-closed:accept_one", 0},
		{"*:a\n\n# c\nnever-close:x", "s:4: no code 'never-close'; did you mean 'never-closed'?", 0},
		{"*:a\nxyzzy:x", "s:2: no code 'xyzzy'; `socksan explain` lists them, and * is any", 0},
		{":x", "s:1: no code ''; `socksan explain` lists them, and * is any", 0},
		{"bad-fd:", "s:1: no pattern after 'bad-fd:'; * matches everything", 0},
		{"bad-fd: # x", "s:1: no pattern after 'bad-fd:'; * matches everything", 0},
		{"*:a\n*:\0b", "s:2: a NUL byte: this is not text", 8},
	};
	struct symbols *stack = one_frame("a", NULL, NULL);
	struct finding finding = {.code = VIOLATION_bad_fd};
	const struct report_item item = {.finding = &finding, .stacks[ROLE_AT] = stack};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct suppressions *all = suppressions_new();
		char *why = suppressions_add(all, "s", cases[i].text, cases[i].n ? cases[i].n : strlen(cases[i].text));
		assert_non_null(why);
		assert_string_equal(why, cases[i].why);
		assert_false(suppressions_match(all, &item));
		free(why);
		suppressions_free(all);
	}
	free(stack);
}

static void remember(void *context, const char *line) { strcat(context, line), strcat(context, ";"); }

static void lines_that_matched_nothing_are_listed(void **state)
{
	(void)state;
	char listed[256] = "";
	static const char first[] = "bad-fd:a\nbad-fd:b\n", second[] = "\n*:c*d # x\n";
	struct symbols *stack = one_frame("a", NULL, NULL);
	struct finding finding = {.code = VIOLATION_bad_fd};
	const struct report_item item = {.finding = &finding, .stacks[ROLE_AT] = stack};
	struct suppressions *all = suppressions_new();
	assert_null(suppressions_add(all, "one", first, strlen(first)));
	assert_null(suppressions_add(all, "two", second, strlen(second)));
	assert_true(suppressions_match(all, &item));
	suppressions_unused(all, remember, listed);
	assert_string_equal(listed, "one:2: bad-fd:b;two:2: *:c*d;");
	suppressions_free(all);
	free(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(function_file_and_module_of_every_stack),
		cmocka_unit_test(the_fingerprint),
		cmocka_unit_test(comments_blanks_and_line_ends),
		cmocka_unit_test(a_malformed_line_is_named_and_nothing_of_its_file_taken),
		cmocka_unit_test(lines_that_matched_nothing_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
