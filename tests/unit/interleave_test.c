/* interleave: where the C lines go in a stack in which Python calls C that calls Python.
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

#include "analyzer/symbols/interleave.h"

static const char interpreter[] = "/usr/bin/python3.11", library[] = "/opt/callbacks.so";

/* A line for each word: "py" and more is Python's; "eval" is the interpreter's loop, "eval.cold" a part of it; other words in capitals
 * are functions of the interpreter, the rest are of a library or of the C library. */
static struct symbols *lines_of(char *text)
{
	struct symbols *symbols = calloc(1, sizeof *symbols + 32 * sizeof *symbols->list);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		struct symbol *line = &symbols->list[symbols->n++];
		line->lang = strncmp(word, "py", 2) == 0 ? LANG_python : LANG_c;
		line->function = word;
		if (!line->lang)
			line->module = library;
		if (strcmp(word, "eval") == 0)
			line->function = "_PyEval_EvalFrameDefault";
		if (strcmp(word, "eval.cold") == 0)
			line->function = "_PyEval_EvalFrameDefault.cold";
		if (strncmp(word, "eval", 4) == 0 || (*word >= 'A' && *word <= 'Z'))
			line->module = interpreter;
	}
	return symbols;
}

static void order(const char *before, const uint64_t *runs, size_t n_runs, const char *after)
{
	char text[512], found[512] = "";
	struct symbols *symbols = lines_of(strcpy(text, before));
	interleave(symbols, runs, n_runs);
	for (size_t i = 0; i < symbols->n; i++) {
		const char *name = symbols->list[i].function;
		strcat(found, i ? " " : "");
		strcat(found, strncmp(name, "_PyEval", 7) ? name : strchr(name, '.') ? "eval.cold" : "eval");
	}
	assert_string_equal(found, after);
	free(symbols);
}

#define RUNS(...) (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)

static void one_run_is_all_of_python_then_all_of_c(void **state)
{
	(void)state;
	order("py1 py2 sock CALL eval RUN main _start", NULL, 0, "py1 py2 sock CALL eval RUN main _start");
	order("py1 py2 sock CALL eval RUN main _start", RUNS(2), "py1 py2 sock CALL eval RUN main _start");
	order("sock CALL eval RUN main _start", RUNS(1, 1), "sock CALL eval RUN main _start");
}

static void c_that_calls_python_stands_between_its_lines(void **state)
{
	(void)state;
	order("py1 py2 py3 sock eval callback qsort eval RUN main _start", RUNS(1, 2),
	      "py1 callback qsort py2 py3 sock eval RUN main _start");
	order("py1 py2 py3 sock eval qsort eval bsearch eval.cold RUN main", RUNS(1, 1, 1),
	      "py1 qsort py2 bsearch py3 sock eval RUN main");
}

static void lines_of_the_interpreter_between_those_of_python_are_left_out(void **state)
{
	(void)state;
	order("py1 py2 sock CALL eval VECTORCALL CALL eval RUN main", RUNS(1, 1), "py1 py2 sock CALL eval RUN main");
	order("py1 py2 sock eval VECTORCALL callback CALL eval RUN", RUNS(1, 1), "py1 callback py2 sock eval RUN");
}

static void where_the_stack_was_cut_runs_follow_one_another(void **state)
{
	(void)state;
	order("py1 py2 py3 sock eval callback qsort", RUNS(1, 1, 1), "py1 callback qsort py2 py3 sock eval");
	order("py1 py2 py3 sock eval callback eval", RUNS(1, 1, 1), "py1 callback py2 py3 sock eval");
	order("py1 py2 py3 sock CALL", RUNS(1, 1, 1), "py1 py2 py3 sock CALL");
	order("py1 py2 py3", RUNS(1, 1, 1), "py1 py2 py3");
	/* Python is cut, C goes on. */
	order("py1 py2 sock eval callback eval qsort eval main _start", RUNS(1, 1),
	      "py1 callback py2 sock eval qsort eval main _start");
}

static void the_order_stays_where_a_loop_is_not_named(void **state)
{
	(void)state;
	order("py1 py2 py3 sock eval callback qsort eval RUN main __libc_start_main _start", RUNS(1, 1, 1),
	      "py1 py2 py3 sock eval callback qsort eval RUN main __libc_start_main _start");
	order("py1 py2 sock eval callback start_thread clone3", RUNS(1, 1),
	      "py1 py2 sock eval callback start_thread clone3");
	order("py1 py2 sock CALL callback RUN main", RUNS(1, 1), "py1 py2 sock CALL callback RUN main");
}

static void python_comes_first_when_the_innermost_run_has_no_line(void **state)
{
	(void)state;
	order("py1 py2 close FINALIZE eval callback eval RUN main", RUNS(0, 2),
	      "py1 py2 close FINALIZE eval callback eval RUN main");
	order("py1 py2 close eval callback eval qsort eval main", RUNS(0, 1, 1),
	      "py1 qsort py2 close eval callback eval main");
	order("py1 py2 close eval callback eval qsort eval main", RUNS(1, 0, 1),
	      "py1 callback qsort py2 close eval main");
	order("py1 close eval callback", RUNS(0, 0, 0, 1), "py1 close eval callback");
}

static void contradictions_do_no_harm(void **state)
{
	(void)state;
	uint64_t many[1000] = {0};
	order("py1 py2 sock eval callback eval main", RUNS(UINT64_MAX, UINT64_MAX),
	      "py1 py2 sock eval callback eval main");
	order("py1 py2 sock eval callback eval main", RUNS(1, UINT64_MAX), "py1 callback py2 sock eval main");
	order("py1 py2 py3 sock eval callback eval main", RUNS(1), "py1 callback py2 py3 sock eval main");
	order("py1 py2 sock eval callback eval main", RUNS(0), "py1 py2 sock eval callback eval main");
	order("py1 py2 sock eval callback eval main", many, 1000, "py1 py2 sock eval callback eval main");
	order("eval callback eval", RUNS(1, 1), "eval callback eval");
	order("", RUNS(1, 1), "");
}

static void every_line_of_python_stays_in_its_order(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 4096; seed++) {
		uint64_t runs[6];
		char text[512] = "", expected[64] = "", found[64] = "";
		for (unsigned i = 0; i < 6; i++)
			runs[i] = seed >> 2 * i & 3;
		for (unsigned i = 0; i < seed % 7; i++)
			sprintf(text + strlen(text), "py%u ", i);
		strcpy(expected, text);
		for (unsigned i = 0; i < 8; i++)
			strcat(text, seed >> i & 1 ? "eval " : "callback ");
		struct symbols *symbols = lines_of(text);
		interleave(symbols, runs, 6);
		assert_true(symbols->n <= 15);
		for (size_t i = 0; i < symbols->n; i++)
			if (symbols->list[i].lang)
				strcat(strcat(found, symbols->list[i].function), " ");
		assert_string_equal(found, expected);
		free(symbols);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_run_is_all_of_python_then_all_of_c),
		cmocka_unit_test(c_that_calls_python_stands_between_its_lines),
		cmocka_unit_test(lines_of_the_interpreter_between_those_of_python_are_left_out),
		cmocka_unit_test(where_the_stack_was_cut_runs_follow_one_another),
		cmocka_unit_test(the_order_stays_where_a_loop_is_not_named),
		cmocka_unit_test(python_comes_first_when_the_innermost_run_has_no_line),
		cmocka_unit_test(contradictions_do_no_harm),
		cmocka_unit_test(every_line_of_python_stays_in_its_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
