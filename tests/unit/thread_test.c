/* What the shim keeps per thread: its number, asked once, and nothing of another thread's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/state/self.h"
#include "shim/state/thread.h"

#include <sys/wait.h>
#include <unistd.h>

static void a_thread_is_known_by_the_kernels_number(void **state)
{
	(void)state;
	assert_int_equal(thread_tid(), gettid());
	thread.tid = 12345;
	assert_int_equal(thread_tid(), 12345); /* it is not asked again */
	thread.tid = 0;
	assert_int_equal(thread_tid(), gettid());
}

static void *asks(void *fresh)
{
	static const struct thread untouched = {.sock_text = SOCK_NONE};
	*(bool *)fresh = !memcmp(&thread, &untouched, sizeof thread) && thread_tid() == gettid();
	thread.sweep.first = gettid();
	usleep(1000);
	*(bool *)fresh &= thread.sweep.first == gettid();
	return NULL;
}

static void each_thread_begins_anew_and_keeps_what_is_its_own(void **state)
{
	pthread_t threads[THREADS];
	bool fresh[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, asks, &fresh[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_true(fresh[i]);
	}
}

/* What vfork's child and its parent have in common is told apart by the kernel's number. */
static void a_mark_of_a_child_on_this_memory_is_not_its_parents(void **state)
{
	(void)state;
	assert_false(self_borrows());
	assert_false(self_untold());
	process.pid = getpid();
	thread_lends(1);
	assert_false(self_is_child());
	assert_false(self_borrows());
	thread_lends(0);
	pid_t child = fork();
	if (!child) {
		thread_lends(1); /* as the parent's memory has it while the child runs */
		_exit(self_is_child() && self_untold() ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_thread_with_a_table_of_its_own_is_not_told_of(void **state)
{
	(void)state;
	thread.apart = 1;
	thread_lends(1);
	assert_true(self_untold());
	assert_false(self_borrows());
	thread.apart = 0;
	thread_lends(0);
	assert_false(self_untold());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_known_by_the_kernels_number),
		cmocka_unit_test(each_thread_begins_anew_and_keeps_what_is_its_own),
		cmocka_unit_test(a_mark_of_a_child_on_this_memory_is_not_its_parents),
		cmocka_unit_test(a_thread_with_a_table_of_its_own_is_not_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
