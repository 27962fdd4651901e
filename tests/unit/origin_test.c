/* origin: how many sockets of one place were open over time, in few numbers however long that was.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyzer/replay/origin.h"

#define S INT64_C(1000000000)

static void each_step_ends_with_what_is_open(void **state)
{
	(void)state;
	struct origin origin = {0};
	origin_change(&origin, 0, 1);
	origin_change(&origin, S / 2, 1);
	origin_change(&origin, 3 * S, -1);
	assert_int_equal(origin.n, 4);
	assert_int_equal(origin.growth[0], 2);
	assert_int_equal(origin.growth[1], 2);
	assert_int_equal(origin.growth[2], 2);
	assert_int_equal(origin.growth[3], 1);
	assert_int_equal(origin.step, S);
}

static void steps_double_to_reach_the_present(void **state)
{
	(void)state;
	struct origin origin = {0};
	for (int i = 0; i < 1000; i++)
		origin_change(&origin, i * S, 1);
	assert_int_equal(origin.step, 64 * S);
	assert_int_equal(origin.n, 16);
	assert_int_equal(origin.growth[0], 64);
	assert_int_equal(origin.growth[14], 960);
	assert_int_equal(origin.growth[15], 1000);
	origin_clear(&origin);
}

static void a_long_silence_is_no_work(void **state)
{
	(void)state;
	struct origin origin = {0};
	origin_change(&origin, S, 5);
	origin_change(&origin, 1000000 * S, 0);
	assert_int_equal(origin.growth[0], 5);
	assert_int_equal(origin.growth[origin.n - 1], 5);
	assert_true(origin.n <= GROWTH_STEPS && origin.n > GROWTH_STEPS / 2 - 1);
	origin_clear(&origin);
}

static void clocks_that_go_back_do_no_harm(void **state)
{
	(void)state;
	struct origin origin = {0};
	origin_change(&origin, 5 * S, 1);
	origin_change(&origin, -S, 1);
	assert_int_equal(origin.n, 6);
	assert_int_equal(origin.growth[5], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_ends_with_what_is_open),
		cmocka_unit_test(steps_double_to_reach_the_present),
		cmocka_unit_test(a_long_silence_is_no_work),
		cmocka_unit_test(clocks_that_go_back_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
