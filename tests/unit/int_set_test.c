/* int_set: sets that are ascending, each number once, in whichever order they were added.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit.h"

#include "analyzer/base/int_set.h"

/* So many that moving them about at each addition would take longer than a test may. */
enum { N = 500000 };

static void expect_all(struct int_set *set, int64_t n)
{
	int_set_settle(set);
	assert_int_equal(set->n, n);
	for (int64_t i = 0; i < n; i++)
		assert_int_equal(set->values[i], i);
	free(set->values);
}

static void order_and_repetition_do_not_matter(void **state)
{
	(void)state;
	struct int_set up = {0}, down = {0}, mixed = {0};
	for (int64_t i = 0; i < N; i++) {
		int_set_add(&up, i);
		int_set_add(&down, N - 1 - i);
		int_set_add(&mixed, i * 7919 % N);
		int_set_add(&mixed, i % 10);
	}
	expect_all(&up, N);
	expect_all(&down, N);
	expect_all(&mixed, N);
}

static void the_same_again_takes_no_room(void **state)
{
	(void)state;
	struct int_set numbers = {0};
	for (int64_t i = 0; i < N; i++)
		int_set_add(&numbers, i % 10);
	assert_true(numbers.cap <= 32);
	expect_all(&numbers, 10);
}

static void sets_are_united(void **state)
{
	(void)state;
	struct int_set even = {0}, odd = {0}, none = {0};
	for (int64_t i = 0; i < N; i++)
		int_set_add(i % 2 ? &odd : &even, i);
	int_set_add_all(&even, &odd);
	int_set_add_all(&even, &odd);
	int_set_add_all(&even, &none);
	expect_all(&even, N);
	free(odd.values);
	expect_all(&none, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_repetition_do_not_matter),
		cmocka_unit_test(the_same_again_takes_no_room),
		cmocka_unit_test(sets_are_united),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
