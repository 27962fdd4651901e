/* baseline: which reports it takes, and which violations it knows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit.h"

#include "analyzer/report/baseline.h"

static char *add(struct baseline *baseline, const char *text)
{
	return baseline_add(baseline, "b", text, strlen(text));
}

#define START "{\"schema\":\"socksan-report/1\",\"violations\":"
#define PRINT "{\"fingerprint\":\"0123456789abcdef\""

/* The user's own frame: in the fingerprint by both recipes, by one, or none. */
enum frames { NONE, OWN, OWN_NEW_ONLY, OWN_OLD_ONLY };

/* Whether a report of one item, `n` times, is known; `others` are in a second one of the same fingerprint. */
static bool knows(struct baseline *baseline, const char *print, const char *old, enum frames frames, uint64_t n,
		  uint64_t others)
{
	struct symbols *stack = calloc(1, sizeof *stack + sizeof *stack->list);
	stack->n = 1;
	stack->list[0] = (struct symbol){.function = "f",
					 .own = frames != NONE,
					 .counts = frames != OWN_OLD_ONLY,
					 .counted = frames != OWN_NEW_ONLY};
	struct finding first = {.count = n}, second = {.count = others};
	struct report_item items[2] = {{.finding = &first, .stacks[ROLE_OPENED] = stack},
				       {.finding = &second, .stacks[ROLE_AT] = stack}};
	for (int i = 0; i < 2; i++) {
		strcpy(items[i].fingerprint, print);
		strcpy(items[i].old_fingerprint, old);
	}
	struct report report = {.items = items, .n_items = others ? 2 : 1};
	baseline_apply(baseline, &report);
	assert_true(!others || items[0].known == items[1].known);
	for (size_t i = 0; i < report.n_notes; i++)
		free(report.notes[i]);
	free(report.notes);
	free(stack);
	return items[0].known;
}

#define DEF "0123456789abcdef"
#define DEE "0123456789abcdee"

static void by_own_frames_a_violation_is_known_however_often(void **state)
{
	(void)state;
	struct baseline *baseline = baseline_new();
	assert_false(knows(baseline, DEF, DEF, OWN, 1, 0));
	assert_null(add(baseline, START "[" PRINT ",\"count\":2}," PRINT "}], \"later\":1}\n"));
	assert_null(add(baseline, " " START "[]}"));
	assert_true(knows(baseline, DEF, DEF, OWN, 1, 0));
	assert_true(knows(baseline, DEF, DEF, OWN, 1000, 1000));
	assert_false(knows(baseline, DEE, DEE, OWN, 1, 0));
	baseline_free(baseline);
}

static void without_own_frames_only_as_often_as_it_was(void **state)
{
	(void)state;
	struct baseline *baseline = baseline_new();
	assert_false(knows(baseline, DEF, DEF, NONE, 1, 0));
	assert_null(add(baseline, START "[" PRINT ",\"count\":2}," PRINT ",\"count\":3}]}"));
	assert_true(knows(baseline, DEF, DEF, NONE, 1, 0));
	assert_true(knows(baseline, DEF, DEF, NONE, 5, 0));
	assert_true(knows(baseline, DEF, DEF, NONE, 2, 3));
	assert_false(knows(baseline, DEF, DEF, NONE, 6, 0));
	assert_false(knows(baseline, DEF, DEF, NONE, 1, 5));
	assert_false(knows(baseline, DEE, DEE, NONE, 1, 0));
	assert_false(knows(baseline, DEF, DEF, NONE, UINT64_MAX, UINT64_MAX));
	baseline_free(baseline);
}

/* Two reports may tell of the same: to add them up would leave room for what is new. */
static void of_several_baselines_the_largest_counts(void **state)
{
	(void)state;
	struct baseline *baseline = baseline_new();
	assert_null(add(baseline, START "[" PRINT ",\"count\":2}]}"));
	assert_null(add(baseline, START "[" PRINT ",\"count\":3}]}"));
	assert_null(add(baseline, START "[" PRINT ",\"count\":1}]}"));
	assert_true(knows(baseline, DEF, DEF, NONE, 3, 0));
	assert_false(knows(baseline, DEF, DEF, NONE, 4, 0));
	baseline_free(baseline);
}

static void no_count_is_one(void **state)
{
	(void)state;
	static const char *const counts[] = {"", ",\"count\":0", ",\"count\":-7", ",\"count\":\"9\"", ",\"count\":9.5"};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct baseline *baseline = baseline_new();
		char text[200];
		snprintf(text, sizeof text, START "[" PRINT "%s}]}", counts[i]);
		assert_null(add(baseline, text));
		assert_true(knows(baseline, DEF, DEF, NONE, 1, 0));
		assert_false(knows(baseline, DEF, DEF, NONE, 2, 0));
		baseline_free(baseline);
	}
}

/* Baselines that were written by the recipe before, and own frames that only one recipe has in its fingerprint. */
static void by_the_old_fingerprint(void **state)
{
	(void)state;
	struct baseline *baseline = baseline_new();
	assert_null(add(baseline, START "[" PRINT "}]}"));
	assert_true(knows(baseline, DEE, DEF, OWN, 9, 0));
	assert_true(knows(baseline, DEE, DEF, OWN_OLD_ONLY, 9, 0));
	assert_true(knows(baseline, DEE, DEF, OWN_NEW_ONLY, 1, 0));
	assert_false(knows(baseline, DEE, DEF, OWN_NEW_ONLY, 2, 0));
	assert_true(knows(baseline, DEF, DEE, OWN_NEW_ONLY, 9, 0));
	assert_false(knows(baseline, DEF, DEE, OWN_OLD_ONLY, 9, 0));
	assert_true(knows(baseline, DEE, DEF, NONE, 1, 0));
	assert_false(knows(baseline, DEE, DEF, NONE, 2, 0));
	baseline_free(baseline);
}

/* A report that has `own` is by the recipe of now: an old fingerprint that happens to be in it means nothing. */
static void one_that_tells_own_is_not_taken_for_an_old_one(void **state)
{
	(void)state;
	struct baseline *baseline = baseline_new();
	assert_null(add(baseline, START "[" PRINT ",\"own\":false}]}"));
	assert_true(knows(baseline, DEF, DEE, NONE, 1, 0));
	assert_false(knows(baseline, DEF, DEE, NONE, 2, 0));
	assert_false(knows(baseline, DEE, DEF, NONE, 1, 0));
	assert_false(knows(baseline, DEE, DEF, OWN, 1, 0));
	baseline_free(baseline);
}

static void what_is_no_report_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "b: empty"},
		{" \n", "b: empty"},
		{"{\n\"schema\":", "b:2: not JSON"},
		{"[]", "b: not a SockSan report"},
		{"{}", "b: not a SockSan report"},
		{"{\"schema\":1}", "b: not a SockSan report"},
		{"{\"schema\":\"other/1\"}", "b: not a SockSan report"},
		{"{\"schema\":\"socksan-report/2\"}",
		 "b: written by a newer SockSan, as socksan-report/2; this one reads socksan-report/1"},
		{"{\"ev\":\"fd\",\"t\":1}\n{\"ev\":\"fd\",\"t\":1}\n", "b: a trace, not a report"},
		{"{\"schema\":\"socksan-report/1\"}", "b: not a SockSan report: its \"violations\" is not an array"},
		{START "[{}]}", "b: violations[0] has no \"fingerprint\""},
		{START "[{\"fingerprint\":\"0123456789abcdef\"},{\"fingerprint\":\"0123456789ABCDEF\"}]}",
		 "b: violations[1] has no"},
		{START "[4]}", "b: violations[0] has no"},
		{START "[]} x", "b: not JSON: more after the end of the report"},
	};
	struct baseline *baseline = baseline_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *why = add(baseline, cases[i].text);
		if (!why || strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
			fail_msg("expected '%s' for '%s', not '%s'", cases[i].why, cases[i].text,
				 why ? why : "nothing");
		free(why);
	}
	assert_false(knows(baseline, DEF, DEF, OWN, 1, 0));
	baseline_free(baseline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_own_frames_a_violation_is_known_however_often),
		cmocka_unit_test(without_own_frames_only_as_often_as_it_was),
		cmocka_unit_test(of_several_baselines_the_largest_counts),
		cmocka_unit_test(no_count_is_one),
		cmocka_unit_test(by_the_old_fingerprint),
		cmocka_unit_test(one_that_tells_own_is_not_taken_for_an_old_one),
		cmocka_unit_test(what_is_no_report_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
