/* util: what is printed of foreign text, and which word was meant.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/base/util.h"

static void assert_printed(const char *text, const char *expected)
{
	char *printed;
	size_t n;
	FILE *out = open_memstream(&printed, &n);
	print_safe(out, text);
	fclose(out);
	assert_string_equal(printed, expected);
	free(printed);
	char *safe = safe_text(text);
	assert_string_equal(safe, expected);
	free(safe);
}

static void printing_steers_no_terminal(void **state)
{
	(void)state;
	assert_printed("plain, \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "plain, \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_printed("\033[2J\n\t\x7f", "\\x1b[2J\\x0a\\x09\\x7f");
	assert_printed("\xc2\x9b\xc2\xa0", "\\xc2\\x9b\xc2\xa0");
	assert_printed("\xe2\x80\xae\xe2\x81\xa7\xe2\x80\x94", "\\xe2\\x80\\xae\\xe2\\x81\\xa7\xe2\x80\x94");
	assert_printed("\xff\xc3\xe2\x82", "\\xff\\xc3\\xe2\\x82");
	assert_printed("", "");
}

static const char *word(size_t i)
{
	static const char *const words[] = {"run", "report", "merge", "explain"};
	return i < 4 ? words[i] : NULL;
}

static void mistyped_words_are_understood(void **state)
{
	(void)state;
	assert_string_equal(nearest("reprot", word), "report");
	assert_string_equal(nearest("expain", word), "explain");
	assert_string_equal(nearest("rn", word), "run");
	assert_null(nearest("xyzzy", word));
	assert_null(nearest("", word));
	char large[5000];
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = 0;
	assert_null(nearest(large, word));
}

static void equal_names_are_one(void **state)
{
	(void)state;
	char name[] = "accept";
	assert_ptr_equal(intern(name), intern("accept"));
	assert_ptr_not_equal(intern(""), intern("accept"));
}

static void times_are_short(void **state)
{
	static const struct {
		long long ns;
		const char *text;
	} times[] = {{0, "0 ms"},
		     {250000000, "250 ms"},
		     {1500000, "1.5 ms"},
		     {1000000000, "1 s"},
		     {7540000000, "7.5 s"},
		     {119000000000, "119 s"},
		     {120000000000, "2 min"},
		     {150000000000, "2.5 min"},
		     {7200000000000, "2 h"},
		     {9000000000000, "2.5 h"}};
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char *text = time_text(times[i].ns);
		assert_string_equal(text, times[i].text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printing_steers_no_terminal),
		cmocka_unit_test(mistyped_words_are_understood),
		cmocka_unit_test(equal_names_are_one),
		cmocka_unit_test(times_are_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
