/* trace_scan: takes the lines that the shim writes, leaves to jansson what it does not know, and says what the event is. That both agree is
 * for tests/fuzz/reader_fuzz.c to find out.
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

#include "analyzer/base/word_table.h"
#include "analyzer/read/trace_parse.h"
#include "analyzer/read/trace_scan.h"

/* A line in a block with just the slack that it has in a reader. */
static bool scan(struct trace_parser *parser, char **block, const char *text)
{
	size_t n = strlen(text);
	*block = calloc(n + LINE_SLACK, 1);
	memcpy(*block, text, n);
	parser->line = (struct trace_line){LINE_WHOLE, *block, n, 5, 0};
	return trace_scan(parser, &parser->line);
}

static void what_the_shim_writes_is_taken(void **state)
{
	static const char *const lines[] = {
		"{\"ev\":\"process\",\"t\":64058982159175,\"pid\":21108,\"schema\":1,\"writing\":0,\"version\":\"0.1."
		"0\",\"wall\":"
		"1795813276.134582,\"ppid\":19623,\"how\":\"exec\",\"start\":6405898,\"pidns\":4026531836,\"nofile\":"
		"20000,"
		"\"boot\":\"e893\",\"host\":\"vm\",\"exe\":\"/tmp/loops\",\"argv\":[\"./loops\",\"2000\"]}",
		"{\"ev\":\"module\",\"t\":1,\"pid\":1,\"id\":1,\"path\":\"/tmp/"
		"loops\",\"build_id\":\"79d3\",\"base\":\"0x55d31e713000\"}",
		"{\"ev\":\"stack\",\"t\":1,\"pid\":1,\"id\":2293,\"frames\":[\"1+0x2828\",\"2+0x27305\"],\"py\":[\"a."
		"py:1 f\"],\"py_runs\":[2]}",
		"{\"ev\":\"stack\",\"t\":1,\"pid\":1,\"id\":2293,\"frames\":[]}",
		"{\"ev\":\"fd\",\"t\":1,\"pid\":1,\"tid\":1,\"op\":\"close\",\"fd\":3,\"sock\":6,\"from\":\"OPEN\",\"to\":"
		"\"OPEN\",\"note\":\"registered\",\"registrations\":3,\"members\":[4,5]}",
		"{\"ev\":\"fd\",\"t\":1,\"pid\":1,\"tid\":1,\"op\":\"accept\",\"fd\":5,\"sock\":3,\"from\":null,\"to\":"
		"\"ESTABLISHED\",\"ret\":5,"
		"\"stack\":20199,\"listener\":3,\"family\":\"AF_INET\",\"type\":\"SOCK_STREAM\",\"peer\":\"127.0.0.1:"
		"37552\"}",
		"{\"ev\":\"fd\",\"t\":1,\"pid\":1,\"tid\":1,\"op\":\"close\",\"fd\":-1,\"from\":null,\"to\":null,"
		"\"ret\":-1,\"errno\":\"EBADF\","
		"\"kind\":\"pipe\",\"note\":\"inside\",\"used\":true,\"backlog\":16,\"violation\":\"bad-fd\"}",
		"{\"ev\":\"spawn\",\"t\":1,\"pid\":1,\"tid\":1,\"op\":\"posix_spawn\",\"child\":2}",
		"{\"ev\":\"leak\",\"t\":1,\"pid\":1,\"fd\":3,\"sock\":1,\"state\":\"LISTENING\",\"violation\":\"never-"
		"closed\"}",
		"{\"ev\":\"lost\",\"t\":1,\"pid\":1,\"why\":\"own-table\"}",
		"{\"ev\":\"exit\",\"t\":1,\"pid\":1,\"status\":0,\"open\":1,\"events\":10053,\"dropped\":0}",
	};
	(void)state;
	for (int turn = 0; turn < 2; turn++) { /* as a parser learns the order of keys, and once it has */
		struct trace_parser parser = {0};
		for (size_t i = 0; i < 2 * sizeof lines / sizeof *lines; i++) {
			const char *line = lines[i % (sizeof lines / sizeof *lines)];
			char *block;
			if (!scan(&parser, &block, line))
				fail_msg("expected to be read without jansson: %s", line);
			free(block);
		}
		trace_parser_clear(&parser);
	}
}

#define LINE(rest) "{\"ev\":\"exit\",\"t\":1,\"pid\":1" rest "}"

static void what_it_does_not_know_is_left_as_it_is(void **state)
{
	static const char *const lines[] = {
		"{}",
		"[]",
		"{\"ev\":\"exit\",\"t\":1}",
		"{\"ev\":\"exit\",\"t\":-1,\"pid\":1}",
		"{\"ev\":\"exit\",\"t\":1,\"pid\":2147483648}",
		"{\"ev\":\"other\",\"t\":1,\"pid\":1}",
		"{\"ev\":\"fd\",\"t\":1,\"pid\":1,\"op\":\"close\"}",
		"{\"ev\":\"exit\", \"t\":1,\"pid\":1}",
		LINE(","),
		LINE(",\"t\":1"),
		LINE(",\"ev\":\"exit\""),
		LINE(",\"status\":01"),
		LINE(",\"status\":-0"),
		LINE(",\"status\":1.0"),
		LINE(",\"status\":1e2"),
		LINE(",\"status\":1234567890123456789"),
		LINE(",\"status\":null"),
		LINE(",\"status\":\"0\""),
		LINE(",\"fd\":2147483648"),
		LINE(",\"from\":\"UP\""),
		LINE(",\"from\":3"),
		LINE(",\"used\":1"),
		LINE(",\"exe\":\"\\u0041\""),
		LINE(",\"exe\":\"\xc3\xa9\""),
		LINE(",\"exe\":\"\xff\""),
		LINE(",\"exe\":\"\t\""),
		LINE(",\"e\\u0078e\":\"a\""),
		LINE(",\"argv\":[\"a\",]"),
		LINE(",\"argv\":[,\"a\"]"),
		LINE(",\"argv\":[\"a\" ]"),
		LINE(",\"argv\":[1]"),
		LINE(",\"argv\":\"a\""),
		LINE(",\"frames\":[\"1+16\"]"),
		LINE(",\"frames\":[\"+0x1\"]"),
		LINE(",\"frames\":[\"1+0x\"]"),
		LINE(",\"frames\":[\"1+0x12345678123456789\"]"),
		LINE(",\"py\":[],\"ruby\":[]"),
		LINE(",\"nested\":{}"),
		LINE(",\"nested\":[]"),
		LINE(",\"unknown\":01"),
		LINE(",\"unknown\":tru"),
		LINE("}"),
	};
	(void)state;
	struct trace_parser parser = {0};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *block;
		if (scan(&parser, &block, lines[i]))
			fail_msg("expected to be left to jansson: %s", lines[i]);
		assert_string_equal(block, lines[i]);
		free(block);
	}
	trace_parser_clear(&parser);
}

static void numbers_are_what_they_say(void **state)
{
	(void)state;
	struct trace_parser parser = {0};
	int64_t n = 0;
	for (int digits = 1; digits <= 18; digits++) {
		char text[128], *block;
		n = 10 * n + digits % 10;
		snprintf(text, sizeof text, LINE(",\"status\":-%lld,\"events\":%lld,\"wall\":%lld.5"), (long long)n,
			 (long long)n, (long long)n % 1000000000);
		assert_true(scan(&parser, &block, text));
		assert_int_equal(parser.event.status, -n);
		assert_int_equal(parser.event.events, n);
		assert_int_equal(parser.event.wall, n % 1000000000 * 1000000000 + 500000000);
		free(block);
	}
	trace_parser_clear(&parser);
}

static void its_json_is_the_line_s(void **state)
{
	(void)state;
	struct trace_parser parser = {0};
	char *block;
	assert_true(scan(&parser, &block, LINE(",\"exe\":\"a\",\"argv\":[\"b\",\"c\"],\"more\":\"d\"")));
	assert_string_equal(parser.event.argv[1], "c");
	char *text = json_dumps(trace_parser_json(&parser), JSON_COMPACT);
	assert_string_equal(text, LINE(",\"exe\":\"a\",\"argv\":[\"b\",\"c\"],\"more\":\"d\""));
	assert_string_equal(parser.event.argv[1], "c");
	assert_string_equal(parser.event.exe, "a");
	free(text);
	trace_parser_clear(&parser);
	free(block);
}

static const char *const names[] = {
	"",
	"a",
	"ab",
	"ba",
	"abc",
	"abcd",
	"abce",
	"abcdefg",
	"abcdefgh",
	"abcdefghijklmnop",
	"abcdefghijklmnopq",
	"abcdefghi_klmnopq",
	NULL,
	"z",
};

static const char *name_of(unsigned i) { return names[i]; }

static void words_are_found_whole(void **state)
{
	(void)state;
	struct word_table *table = word_table_new(name_of, sizeof names / sizeof *names);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i])
			assert_int_equal(word_find(table, names[i], strlen(names[i])), i);
	assert_int_equal(word_find(table, "abcdefghijklmnopq", 5), WORD_UNKNOWN);
	assert_int_equal(word_find(table, "aab", 3), WORD_UNKNOWN);
	assert_int_equal(word_find(table, "abcdefghixklmnopq", 17), WORD_UNKNOWN);
	free(table->slots);
	free(table->words);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_shim_writes_is_taken),
		cmocka_unit_test(what_it_does_not_know_is_left_as_it_is),
		cmocka_unit_test(numbers_are_what_they_say),
		cmocka_unit_test(its_json_is_the_line_s),
		cmocka_unit_test(words_are_found_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
