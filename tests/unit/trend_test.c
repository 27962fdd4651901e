/* trend: how a number has moved, and in how many windows it grew.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyzer/replay/trend.h"

#define S INT64_C(1000000000)

static void what_grows_on_grows_in_each_window(void **state)
{
	(void)state;
	struct trend trend = {0};
	for (int i = 0; i <= 60; i++)
		trend_add(&trend, i * S, (uint64_t)i);
	unsigned grew = trend_grew(&trend, 60 * S, 10 * S);
	assert_true(grew == 4 || grew == 5); /* six windows of ten seconds */
	assert_true(trend_grew(&trend, 60 * S, S) > 30);
}

static void what_fills_up_and_stays_does_not(void **state)
{
	(void)state;
	struct trend trend = {0};
	for (int i = 0; i <= 60; i++)
		trend_add(&trend, i * S, i < 30 ? (uint64_t)i : 30);
	assert_int_equal(trend_grew(&trend, 60 * S, 5 * S), 0);
	assert_int_equal(trend_grew(&trend, 600 * S, 5 * S), 0);
}

static void what_comes_and_goes_does_not(void **state)
{
	(void)state;
	struct trend trend = {0};
	for (int i = 0; i <= 600; i++)
		trend_add(&trend, i * S / 10, (uint64_t)(i % 7));
	assert_true(trend_grew(&trend, 60 * S, 5 * S) < 2);
}

static void a_leak_shows_below_what_comes_and_goes(void **state)
{
	(void)state;
	struct trend trend = {0};
	for (int i = 0; i <= 6000; i++)
		trend_add(&trend, i * S / 100, (uint64_t)(i % 50 + i / 400));
	assert_true(trend_grew(&trend, 60 * S, 5 * S) >= 5);
}

static void years_need_no_more_room_and_the_present_stays_fine(void **state)
{
	(void)state;
	struct trend trend = {0};
	for (int64_t i = 0; i < 2000000; i++)
		trend_add(&trend, i * 30 * S, (uint64_t)i / 2);
	assert_true(trend.used <= TREND_SAMPLES);
	assert_true(trend.t[0] == 0);
	assert_true(trend_grew(&trend, 2000000 * 30 * S, 60 * S) >= 5);
	assert_true(trend_grew(&trend, 2000000 * 30 * S, 86400 * S) >= 5);
	for (size_t i = 1; i < trend.used; i++)
		assert_true(trend.t[i] > trend.t[i - 1]);
}

static void clocks_that_go_back_do_no_harm(void **state)
{
	(void)state;
	struct trend trend = {0};
	trend_add(&trend, 10 * S, 5);
	trend_add(&trend, 5 * S, 3);
	trend_add(&trend, INT64_MAX, 4);
	trend_add(&trend, 0, 9);
	assert_int_equal(trend.used, 2);
	assert_int_equal(trend_grew(&trend, 0, S), 0);
	assert_int_equal(trend_grew(&(struct trend){0}, S, S), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_grows_on_grows_in_each_window),
		cmocka_unit_test(what_fills_up_and_stays_does_not),
		cmocka_unit_test(what_comes_and_goes_does_not),
		cmocka_unit_test(a_leak_shows_below_what_comes_and_goes),
		cmocka_unit_test(years_need_no_more_room_and_the_present_stays_fine),
		cmocka_unit_test(clocks_that_go_back_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
