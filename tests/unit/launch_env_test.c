/* The environment that a command is given.
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

#include "analyzer/launch/launch_env.h"

#define SHIM "/opt/libsocksan.so"

/* The entry of the environment made from `given` (NULL: none) that begins with name. */
static void gives_with(const char *runtime, char *given, const char *shim, const char *expected)
{
	char *env[] = {(char[]){"HOME=/root"}, given, NULL};
	char **made = launch_env(env, shim, runtime, "log_path=/t/socksan");
	size_t name = strcspn(expected, "=") + 1, found = 0;

	for (char **at = made; *at != NULL; at++) {
		if (strncmp(*at, expected, name) != 0)
			continue;
		assert_string_equal(*at, expected);
		found++;
	}
	assert_int_equal(found, 1);
	assert_string_equal(made[0], "HOME=/root");
	for (char **at = made; *at != NULL; at++)
		if (*at != env[0] && *at != given)
			free(*at);
	free(made);
}

static void gives(char *given, const char *shim, const char *expected) { gives_with(NULL, given, shim, expected); }

static void an_empty_environment_gets_both_variables(void **state)
{
	(void)state;
	gives(NULL, SHIM, "LD_PRELOAD=" SHIM);
	gives(NULL, SHIM, "SOCKSAN_OPTIONS=log_path=/t/socksan");
}

static void a_former_preload_follows_the_shim(void **state)
{
	(void)state;
	gives((char[]){"LD_PRELOAD=liba.so:/b/libb.so"}, SHIM, "LD_PRELOAD=" SHIM ":liba.so:/b/libb.so");
	gives((char[]){"LD_PRELOAD=liba.so /b/libb.so"}, SHIM, "LD_PRELOAD=" SHIM ":liba.so:/b/libb.so");
	gives((char[]){"LD_PRELOAD="}, SHIM, "LD_PRELOAD=" SHIM);
}

static void a_shim_of_an_outer_run_is_not_doubled(void **state)
{
	(void)state;
	gives((char[]){"LD_PRELOAD=" SHIM}, SHIM, "LD_PRELOAD=" SHIM);
	gives((char[]){"LD_PRELOAD=/other/libsocksan.so:liba.so"}, SHIM, "LD_PRELOAD=" SHIM ":liba.so");
}

static void a_sanitizer_runtime_stays_first(void **state)
{
	(void)state;
	gives((char[]){"LD_PRELOAD=/lib/libasan.so.8:liba.so"}, SHIM, "LD_PRELOAD=/lib/libasan.so.8:" SHIM ":liba.so");
	gives((char[]){"LD_PRELOAD=libtsan.so.2"}, SHIM, "LD_PRELOAD=libtsan.so.2:" SHIM);
}

static void a_runtime_of_the_command_goes_first_and_is_marked_as_its_own(void **state)
{
	(void)state;
	gives_with("libasan.so.8", NULL, SHIM, "LD_PRELOAD=libasan.so.8::" SHIM);
	gives_with("libasan.so.8", (char[]){"LD_PRELOAD=liba.so"}, SHIM, "LD_PRELOAD=libasan.so.8::" SHIM ":liba.so");
	gives_with("libasan.so.8", (char[]){"LD_PRELOAD=/lib/libasan.so.8"}, SHIM,
		   "LD_PRELOAD=/lib/libasan.so.8:" SHIM);
	gives_with("libasan.so.8", (char[]){"LD_PRELOAD=liba.so"}, NULL, "LD_PRELOAD=liba.so");
}

static void former_options_come_first_so_that_ours_win(void **state)
{
	(void)state;
	gives((char[]){"SOCKSAN_OPTIONS=stack_depth=3"}, SHIM, "SOCKSAN_OPTIONS=stack_depth=3:log_path=/t/socksan");
}

static void without_a_shim_the_preload_stays_as_it_was(void **state)
{
	(void)state;
	gives((char[]){"LD_PRELOAD=liba.so"}, NULL, "LD_PRELOAD=liba.so");
}

static void names_that_begin_alike_are_left_alone(void **state)
{
	(void)state;
	gives((char[]){"LD_PRELOAD_X=1"}, SHIM, "LD_PRELOAD_X=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_environment_gets_both_variables),
		cmocka_unit_test(a_former_preload_follows_the_shim),
		cmocka_unit_test(a_shim_of_an_outer_run_is_not_doubled),
		cmocka_unit_test(a_sanitizer_runtime_stays_first),
		cmocka_unit_test(a_runtime_of_the_command_goes_first_and_is_marked_as_its_own),
		cmocka_unit_test(former_options_come_first_so_that_ours_win),
		cmocka_unit_test(without_a_shim_the_preload_stays_as_it_was),
		cmocka_unit_test(names_that_begin_alike_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
