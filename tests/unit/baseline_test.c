/* baseline: which reports it takes, and which violations are in it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit.h"

#include "analyzer/report/baseline.h"

static char *add(struct baseline *baseline, const char *text)
{
	return baseline_add(baseline, "b", text, strlen(text));
}

static void the_violations_of_a_report_are_known(void **state)
{
	(void)state;
	struct baseline *baseline = baseline_new();
	assert_false(baseline_has(baseline, "0123456789abcdef"));
	assert_null(add(baseline,
			"{\"schema\":\"socksan-report/1\",\"violations\":[{\"fingerprint\":\"0123456789abcdef\"},"
			"{\"fingerprint\":\"0123456789abcdef\"}], \"later\":1}\n"));
	assert_null(add(baseline, " {\"schema\":\"socksan-report/1\",\"violations\":[]}"));
	assert_true(baseline_has(baseline, "0123456789abcdef"));
	assert_false(baseline_has(baseline, "0123456789abcdee"));
	baseline_free(baseline);
}

static void what_is_no_report_is_refused(void **state)
{
	(void)state;
#define START "{\"schema\":\"socksan-report/1\",\"violations\":"
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "b: empty"},
		{" \n", "b: empty"},
		{"{\n\"schema\":", "b:2: not JSON"},
		{"[]", "b: no report of SockSan"},
		{"{}", "b: no report of SockSan"},
		{"{\"schema\":1}", "b: no report of SockSan"},
		{"{\"schema\":\"other/1\"}", "b: no report of SockSan"},
		{"{\"schema\":\"socksan-report/2\"}",
		 "b: written by a newer SockSan, as socksan-report/2; this one reads socksan-report/1"},
		{"{\"ev\":\"fd\",\"t\":1}\n{\"ev\":\"fd\",\"t\":1}\n", "b: a trace, not a report"},
		{"{\"schema\":\"socksan-report/1\"}", "b: no report of SockSan: its \"violations\" is no array"},
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
	assert_false(baseline_has(baseline, "0123456789abcdef"));
	baseline_free(baseline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_violations_of_a_report_are_known),
		cmocka_unit_test(what_is_no_report_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
