/* fingerprint: frozen results of a frozen recipe.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/report/fingerprint.h"

static struct symbols *two(struct symbol inner, struct symbol outer)
{
	struct symbols *symbols = malloc(sizeof *symbols + 2 * sizeof inner);
	symbols->n = 2;
	symbols->list[0] = inner;
	symbols->list[1] = outer;
	return symbols;
}

static void print_of(struct symbol inner, struct symbol outer, enum role role, char *text)
{
	struct symbols *symbols = two(inner, outer);
	const struct symbols *stacks[ROLE_COUNT] = {NULL};
	stacks[role] = symbols;
	fingerprint("never-closed", stacks, text);
	free(symbols);
}

static const struct symbol serve = {
	.function = "serve", .file = "/src/a/server.c", .line = 3, .module = "/bin/server", .offset = 5, .counts = true, .counted = true};
static const struct symbol start = {.function = "__libc_start_main", .module = "/lib/libc.so.6"};

/* These may never change: users' baselines hold them. */
static void results_are_frozen(void **state)
{
	(void)state;
	char text[FINGERPRINT_SIZE];
	const struct symbols *nothing[ROLE_COUNT] = {NULL};
	fingerprint("bad-fd", nothing, text);
	assert_string_equal(text, "f4d418c024d279c7");
	print_of(serve, start, ROLE_OPENED, text);
	assert_string_equal(text, "e78d314efda1989a");
}

static void lines_folders_and_foreign_frames_do_not_count(void **state)
{
	(void)state;
	char text[FINGERPRINT_SIZE], moved[FINGERPRINT_SIZE];
	print_of(serve, start, ROLE_OPENED, text);
	struct symbol other = serve;
	other.file = "server.c";
	other.line = 99;
	other.offset = 1;
	other.module = "/opt/server";
	struct symbol newer = start;
	newer.function = "__libc_start_call_main";
	print_of(other, newer, ROLE_OPENED, moved);
	assert_string_equal(text, moved);
}

static void function_file_and_role_count(void **state)
{
	(void)state;
	char text[FINGERPRINT_SIZE], other[FINGERPRINT_SIZE];
	print_of(serve, start, ROLE_OPENED, text);
	print_of(serve, start, ROLE_AT, other);
	assert_string_not_equal(text, other);
	struct symbol symbol = serve;
	symbol.function = "accept_one";
	print_of(symbol, start, ROLE_OPENED, other);
	assert_string_not_equal(text, other);
	symbol = serve;
	symbol.file = "client.c";
	print_of(symbol, start, ROLE_OPENED, other);
	assert_string_not_equal(text, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_frozen),
		cmocka_unit_test(lines_folders_and_foreign_frames_do_not_count),
		cmocka_unit_test(function_file_and_role_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
