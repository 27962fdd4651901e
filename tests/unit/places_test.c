/* symbols: the frame of a stack that is shown as the place.
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

#include "analyzer/symbols/symbols.h"

enum { FRAMES = 8 };

/* A stack of frames, innermost first: "+function:line", '+' for one's own, else '-'. No function: "+:line"; no line: an offset in a
 * module, "+function@offset"; in no module: "+function". */
static struct symbols *stack(char text[FRAMES][64], const char *const *frames)
{
	struct symbols *symbols = calloc(1, sizeof *symbols + FRAMES * sizeof *symbols->list);
	for (; frames[symbols->n]; symbols->n++) {
		struct symbol *symbol = &symbols->list[symbols->n];
		char *name = strcpy(text[symbols->n], frames[symbols->n] + 1), *end = name + strcspn(name, ":@");
		if (*end == ':') {
			symbol->file = "/src/a.c";
			symbol->line = atoi(end + 1);
		}
		if (*end) {
			symbol->module = "/opt/program";
			symbol->offset = strtoul(end + 1, NULL, 16);
		}
		*end = 0;
		symbol->function = *name ? name : NULL;
		symbol->counts = *frames[symbols->n] == '+';
	}
	return symbols;
}

#define STACK(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The frame that is the place is the one at `expected`; -1: there is none. */
static void location(const char *const *frames, long expected)
{
	char text[FRAMES][64];
	struct symbols *symbols = stack(text, frames);
	const struct symbol *place = symbols_location(symbols);
	assert_int_equal(expected, place ? place - symbols->list : -1);
	free(symbols);
}

static void diverging(const char *const *frames, const char *const *others, long expected)
{
	char text[FRAMES][64], other_text[FRAMES][64];
	struct symbols *symbols = stack(text, frames), *other = stack(other_text, others);
	const struct symbol *place = symbols_diverging(symbols, other);
	assert_int_equal(expected, place ? place - symbols->list : -1);
	free(symbols);
	free(other);
}

static void the_innermost_of_the_users(void **state)
{
	(void)state;
	location(STACK("-send:1", "+library_send:5", "+main:9"), 1);
	location(STACK("-send:1", "-loop:5"), 0);
	location(STACK(NULL), -1);
}

static void a_name_before_an_offset(void **state)
{
	(void)state;
	location(STACK("-send:1", "+@10", "+@20", "+serve@30", "+main:9"), 3);
	location(STACK("+@10", "+@20"), 0);
	location(STACK("-@10", "-serve@20"), 1);
	location(STACK("-serve:3", "+@10"), 1);
}

static void what_is_in_no_module_is_no_place(void **state)
{
	(void)state;
	location(STACK("+", "+compiled", "+@10"), 2);
	location(STACK("+", "-serve@10"), 1);
	location(STACK("+", "+"), -1);
}

static void two_closes_differ_in_their_callers(void **state)
{
	(void)state;
	diverging(STACK("+on_error:5", "+main:20"), STACK("+destroy:9", "+main:21"), 0);
	diverging(STACK("+put:5", "+on_error:7", "+main:20"), STACK("+put:5", "+destroy:9", "+main:21"), 1);
	diverging(STACK("+drop:3", "-each:1", "+put:5", "+on_error:7"), STACK("+drop:3", "+put:5", "+destroy:9"), 3);
	diverging(STACK("+drop@3", "+on_error@7"), STACK("+drop@3", "+destroy@9"), 1);
	/* The same function closes in two places: that is where they differ. */
	diverging(STACK("+put:5", "+main:20"), STACK("+put:6", "+main:20"), 0);
}

static void a_function_that_only_closes_is_stepped_over(void **state)
{
	(void)state;
	diverging(STACK("+my_close:5", "+on_error:7"), STACK("+my_close:6", "+destroy:9"), 1);
	diverging(STACK("+closesocket@5", "+on_error:7"), STACK("+closesocket@8", "+destroy:9"), 1);
	/* But not one that only one of them goes through, and not further out. */
	diverging(STACK("+my_close:5", "+on_error:7"), STACK("+destroy:9"), 0);
	diverging(STACK("+put:5", "+close_all:7", "+main:9"), STACK("+put:5", "+close_all:8", "+main:9"), 1);
}

static void of_two_that_are_the_same_the_innermost_is_shown(void **state)
{
	(void)state;
	diverging(STACK("+put:5", "+main:20"), STACK("+put:5", "+main:20"), 0);
	diverging(STACK("+my_close:5", "+main:20"), STACK("+my_close:5", "+main:20"), 1);
	diverging(STACK("+my_close:5"), STACK("+my_close:5"), 0);
	diverging(STACK("-close:5"), STACK("-close:5"), 0);
	diverging(STACK("+put:5"), STACK(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_innermost_of_the_users),
		cmocka_unit_test(a_name_before_an_offset),
		cmocka_unit_test(what_is_in_no_module_is_no_place),
		cmocka_unit_test(two_closes_differ_in_their_callers),
		cmocka_unit_test(a_function_that_only_closes_is_stepped_over),
		cmocka_unit_test(of_two_that_are_the_same_the_innermost_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
