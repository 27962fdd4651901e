/* user_code: whose code each frame of a stack is.
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

#include "analyzer/symbols/user_code.h"

/* Marks a stack of frames that each begin with '+' when they should be the user's, else with '-':
 * "module", "module function", "module file:function"; "py file" is a frame of Python. */
static void stack(const char *const *frames)
{
	struct symbols *symbols = calloc(1, sizeof *symbols + 16 * sizeof *symbols->list);
	char text[16][128], expected[17] = "", found[17] = "";
	for (; frames[symbols->n]; symbols->n++) {
		struct symbol *symbol = &symbols->list[symbols->n];
		char *word = strcpy(text[symbols->n], frames[symbols->n] + 1), *blank = strchr(word, ' ');
		if (blank)
			*blank++ = 0;
		symbol->python = strcmp(word, "py") == 0;
		if (symbol->python) {
			symbol->file = blank;
		} else {
			char *colon = blank ? strrchr(blank, ':') : NULL;
			symbol->module = word;
			symbol->function = colon ? colon + 1 : blank;
			if (colon) {
				*colon = 0;
				symbol->file = blank;
			}
		}
		expected[symbols->n] = *frames[symbols->n];
	}
	symbols_mark_user_code(symbols);
	for (size_t i = 0; i < symbols->n; i++)
		found[i] = symbols->list[i].own ? '+' : '-';
	assert_string_equal(expected, found);
	free(symbols);
}

#define STACK(...) stack((const char *const[]){__VA_ARGS__, NULL})

static void the_c_library_is_not_the_users(void **state)
{
	(void)state;
	STACK("-/lib/x86_64-linux-gnu/libc.so.6 fclose", "+/home/u/server close_all", "+/home/u/server main",
	      "-/lib/x86_64-linux-gnu/libc.so.6 __libc_start_call_main", "-/home/u/server _start");
	STACK("+/home/u/server on_alarm", "-linux-vdso.so.1", "-/lib64/ld-linux-x86-64.so.2 _dl_init",
	      "+/home/u/server main");
	STACK("+/lib/ld-tools/server", "+/lib/libcurl.so.4");
}

static void the_start_code_of_a_stripped_program_is_not_the_users(void **state)
{
	(void)state;
	STACK("+/home/u/server", "-/lib/libc.so.6", "-/home/u/server");
	STACK("+/home/u/server", "+/home/u/server");
}

static void libraries_of_the_machine_are_not_the_users_where_there_is_other_code(void **state)
{
	(void)state;
	STACK("-/usr/lib/x86_64-linux-gnu/libcurl.so.4 curl_easy_perform", "+/home/u/client fetch", "-/lib/libc.so.6");
	STACK("+/usr/lib/jvm/lib/libnet.so", "+/usr/lib/jvm/bin/java main", "-/lib/libc.so.6");
	STACK("+/usr/local/lib/libown.so", "+/usr/bin/client main");
}

static void templates_of_the_cpp_library_are_not_the_users(void **state)
{
	(void)state;
	STACK("-/home/u/server /usr/include/c++/12/bits/invoke.h:std::__invoke",
	      "+/home/u/server /home/u/server.cc:main",
	      "-/home/u/server /usr/lib/gcc/x86_64-linux-gnu/12/include/x.h:f", "+/home/u/server include/x.h:g");
}

static void python_comes_before_c(void **state)
{
	(void)state;
	STACK("-py /usr/lib/python3.11/socket.py", "+py /srv/app.py", "-/usr/bin/python3.11 _PyEval_EvalFrameDefault",
	      "-/srv/extension.so", "-/usr/bin/python3.11 main");
}

static void the_standard_library_of_python_is_not_the_users(void **state)
{
	(void)state;
	STACK("-py /opt/python/lib/python3.9/socket.py", "-py /usr/lib64/python3.13/asyncio/events.py",
	      "-py /usr/lib/python311.zip/socket.py", "-py <frozen runpy>");
	STACK("+py <string>", "+py <stdin>", "+py /usr/lib/python3/dist-packages/urllib3/connection.py",
	      "+py /v/lib/python3.11/site-packages/requests/api.py", "+py /srv/lib/python3-app/app.py",
	      "+py /srv/python3.11/app.py", "+py lib/app.py");
}

static void an_interpreter_without_python_frames_is_not_the_users(void **state)
{
	(void)state;
	STACK("-/usr/bin/python3.11 sock_finalize", "-/lib/libc.so.6", "-/usr/bin/python3.11 _start");
	STACK("-/v/lib/libpython3.12.so.1.0", "-/v/lib/python3.12/lib-dynload/_socket.cpython-312-x86_64-linux-gnu.so",
	      "+/home/u/embeds main", "+/home/u/python3-embeds main");
	STACK("-/usr/bin/python3.11-dbg", "-/usr/local/bin/python3.13t", "-/usr/local/bin/python3.9d",
	      "+/home/u/python-game");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_c_library_is_not_the_users),
		cmocka_unit_test(the_start_code_of_a_stripped_program_is_not_the_users),
		cmocka_unit_test(libraries_of_the_machine_are_not_the_users_where_there_is_other_code),
		cmocka_unit_test(templates_of_the_cpp_library_are_not_the_users),
		cmocka_unit_test(python_comes_before_c),
		cmocka_unit_test(the_standard_library_of_python_is_not_the_users),
		cmocka_unit_test(an_interpreter_without_python_frames_is_not_the_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
