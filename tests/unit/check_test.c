/* What checks tell of the violations that were noted: each once, however many threads note and check at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/track/noted.h"
#include "shim/process/process.h"
#include "shim/api/socksan.h"

#include <fcntl.h>
#include <unistd.h>

#define NOTES_EACH 2000

static void each_violation_is_told_once(void **state)
{
	(void)state;
	assert_int_equal(socksan_check("none"), 0);
	check_note(VIOLATION_double_close, "close", 7);
	check_note(VIOLATION_bad_fd, "listen", -1);
	assert_int_equal(socksan_check("two"), 2);
	assert_int_equal(socksan_check("again"), 0);
}

static void a_child_tells_nothing_of_before(void **state)
{
	(void)state;
	check_note(VIOLATION_double_close, "close", 7);
	check_forget();
	assert_int_equal(socksan_check("child"), 0);
}

static void nothing_is_told_where_nothing_is_recorded(void **state)
{
	(void)state;
	check_note(VIOLATION_double_close, "close", 7);
	process_turn(false);
	assert_int_equal(socksan_check("off"), 0);
	assert_int_equal(socksan_is_active(), 0);
	process_turn(true);
	assert_int_equal(socksan_check("on"), 1);
	assert_int_equal(socksan_is_active(), 1);
}

static int told;

static void note_and_check(unsigned number)
{
	(void)number;
	for (int i = 0; i < NOTES_EACH; i++) {
		check_note(VIOLATION_double_close, "close", i);
		if (i % 7 == 0)
			__atomic_fetch_add(&told, socksan_check("thread"), __ATOMIC_RELAXED);
	}
}

static void threads_share_them_out(void **state)
{
	(void)state;
	in_threads(note_and_check);
	assert_int_equal(told + socksan_check("rest"), THREADS * NOTES_EACH);
}

/* What checks say is for a test to read that runs a program; here it would hide what cmocka says. */
static int standard_error;

static int silence(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	(void)state;
	standard_error = dup(2);
	*process_living = 1;
	process_turn(true);
	return dup2(null, 2) == 2 ? close(null) : -1;
}

static int speak(void **state)
{
	(void)state;
	return dup2(standard_error, 2) == 2 ? close(standard_error) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_violation_is_told_once),
		cmocka_unit_test(a_child_tells_nothing_of_before),
		cmocka_unit_test(nothing_is_told_where_nothing_is_recorded),
		cmocka_unit_test(threads_share_them_out),
	};
	return cmocka_run_group_tests(tests, silence, speak);
}
