/* The trail of a number: what its marks keep, and what of a number's past is known when.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/stack/stack.h"
#include "shim/state/thread.h"
#include "shim/trace/trace.h"
#include "shim/track/trail.h"

#include <limits.h>

static void a_mark_keeps_call_thread_kind_and_place(void **state)
{
	(void)state;
	uint64_t t = 100;
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (uint32_t stack = 0; stack <= STACK_IDS; stack += STACK_IDS / 4) {
			trail_made(5, FD_UNKNOWN, kind, "eventfd", stack, t += 10);
			struct mark made = trail_of(5).made;
			assert_string_equal(mark_op(made), "eventfd");
			assert_int_equal(mark_tid(made), thread_tid());
			assert_int_equal(mark_kind(made), kind);
			assert_int_equal(mark_stack(made), stack);
			assert_int_equal(made.t, t);
		}
	trail_made(5, FD_UNKNOWN, KIND_file, "open", STACK_IDS + 1, t);
	assert_int_equal(mark_stack(trail_of(5).made), 0);
}

static void a_new_life_makes_the_last_one_the_one_before(void **state)
{
	(void)state;
	trail_made(6, FD_UNKNOWN, KIND_file, "open", 1, 10);
	trail_closed(6, "close", 2, 20);
	trail_made(6, FD_GONE, KIND_pipe, "pipe2", 3, 30);
	struct trail t = trail_of(6);
	assert_string_equal(mark_op(t.was_made), "open");
	assert_string_equal(mark_op(t.was_closed), "close");
	assert_string_equal(mark_op(t.made), "pipe2");
	assert_int_equal(mark_kind(t.was_made), KIND_file);
	assert_int_equal(t.was_closed.t, 20);
}

static void a_life_whose_close_was_not_seen_has_no_closer(void **state)
{
	(void)state;
	trail_made(7, FD_UNKNOWN, KIND_file, "open", 1, 10);
	trail_closed(7, "close", 2, 20);
	trail_made(7, FD_GONE, KIND_file, "open", 1, 30);
	trail_made(7, FD_OTHER, KIND_dir, "opendir", 1, 40);
	assert_true(trail_of(7).was_made.who);
	assert_false(trail_of(7).was_closed.who);
	trail_lost(7, FD_GONE);
	assert_false(trail_of(7).made.who);
	assert_string_equal(mark_op(trail_of(7).was_made), "opendir");
}

static void the_life_before_is_told_once(void **state)
{
	(void)state;
	trail_made(8, FD_UNKNOWN, KIND_file, "open", 1, 10);
	trail_made(8, FD_GONE, KIND_file, "open", 1, 30);
	assert_true(trail_told(8));
	assert_false(trail_told(8));
	assert_false(trail_of(8).was_made.who);
}

static void times_that_are_about_now_follow_each_other(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		trail_made(9, FD_GONE, KIND_file, "open", 0, trace_about_now());
		trail_closed(9, "close", 0, trace_about_now());
		struct trail t = trail_of(9);
		assert_true(t.made.t > last && t.closed.t > t.made.t);
		last = t.closed.t;
	}
}

static void numbers_of_any_size_have_one_and_numbers_that_are_none_have_not(void **state)
{
	static const int numbers[] = {0, FD_LOW - 1, FD_LOW, 1 << 20, INT_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		trail_made(numbers[i], FD_UNKNOWN, KIND_file, "open", 0, i + 1);
		assert_int_equal(trail_of(numbers[i]).made.t, i + 1);
	}
	trail_made(-1, FD_UNKNOWN, KIND_file, "open", 0, 1);
	trail_closed(-1, "close", 0, 1);
	trail_lost(INT_MIN, FD_UNKNOWN);
	assert_false(trail_told(-1));
	assert_false(trail_of(-1).made.who);
	assert_false(trail_of(2 << 20).made.who);
}

/* Last: it forgets the others'. */
static void a_forked_child_knows_nothing_of_what_was_before(void **state)
{
	(void)state;
	trail_made(10, FD_UNKNOWN, KIND_file, "open", 0, trace_about_now());
	trail_closed(10, "close", 0, trace_about_now());
	trail_forget();
	trail_made(10, FD_GONE, KIND_file, "open", 0, trace_about_now());
	struct trail t = trail_of(10);
	assert_false(t.was_made.who || t.was_closed.who);
	assert_true(t.made.who);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_keeps_call_thread_kind_and_place),
		cmocka_unit_test(a_new_life_makes_the_last_one_the_one_before),
		cmocka_unit_test(a_life_whose_close_was_not_seen_has_no_closer),
		cmocka_unit_test(the_life_before_is_told_once),
		cmocka_unit_test(times_that_are_about_now_follow_each_other),
		cmocka_unit_test(numbers_of_any_size_have_one_and_numbers_that_are_none_have_not),
		cmocka_unit_test(a_forked_child_knows_nothing_of_what_was_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
