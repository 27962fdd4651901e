/* The environment that the next program is given: the shim goes along, the host's own wishes stay.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/process/env.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/state/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#define SHIM "/opt/socksan/libsocksan.so"
#define OWN_OPTIONS "SOCKSAN_OPTIONS=log_path=rel/t:stack_depth=3:log_path=/abs/rel/t"

#define ENV(...) ((char **)(const char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static int setup(void **state)
{
	(void)state;
	strcpy(program_shim, SHIM);
	strcpy(options.log_path, "/abs/rel/t");
	env_init(ENV("SOCKSAN_OPTIONS=log_path=rel/t:stack_depth=3"));
	return 0;
}

/* Order aside, `expected` is what comes of `given`. */
static void becomes(char *const *given, bool follow, char *const *expected)
{
	errno = 12345;
	ENV_FOR(made, given, follow, NULL);
	size_t n = 0, wanted = 0;

	assert_int_equal(errno, 12345);
	while (made && made[n])
		n++;
	for (; expected[wanted]; wanted++) {
		size_t hits = 0;
		for (size_t i = 0; i < n; i++)
			hits += !strcmp(made[i], expected[wanted]);
		if (hits != 1)
			fail_msg("'%s' is there %zu times, expected once; the first entry is '%s'", expected[wanted],
				 hits, n ? made[0] : "(none)");
	}
	assert_int_equal(n, wanted);
}

static void an_empty_environment_gets_the_shim_and_its_options(void **state)
{
	(void)state;
	becomes(ENV(), true, ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS));
	becomes(NULL, true, ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS));
}

static void what_the_host_has_stays(void **state)
{
	(void)state;
	becomes(ENV("PATH=/bin", "A=", "NOEQUALS", "LD_PRELOADED=x"), true,
		ENV("PATH=/bin", "A=", "NOEQUALS", "LD_PRELOADED=x", "LD_PRELOAD=" SHIM, OWN_OPTIONS));
}

static void a_preload_of_the_hosts_own_is_kept_behind_the_shim(void **state)
{
	(void)state;
	becomes(ENV("LD_PRELOAD=liba.so:/b/libb.so"), true, ENV("LD_PRELOAD=" SHIM ":liba.so:/b/libb.so", OWN_OPTIONS));
	becomes(ENV("LD_PRELOAD="), true, ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS));
	becomes(ENV("LD_PRELOAD=libnotsocksan.so"), true, ENV("LD_PRELOAD=" SHIM ":libnotsocksan.so", OWN_OPTIONS));
}

static void a_shim_that_is_there_already_is_not_doubled(void **state)
{
	(void)state;
	becomes(ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS), true, ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS));
	becomes(ENV("LD_PRELOAD=liba.so " SHIM, OWN_OPTIONS), true, ENV("LD_PRELOAD=liba.so " SHIM, OWN_OPTIONS));
	becomes(ENV("LD_PRELOAD=/else/libsocksan.so", OWN_OPTIONS), true,
		ENV("LD_PRELOAD=/else/libsocksan.so", OWN_OPTIONS));
}

static void an_environment_that_needs_nothing_is_passed_on_itself(void **state)
{
	char **given = ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS);

	(void)state;
	ENV_FOR(made, given, true, NULL);
	assert_ptr_equal(made, given);
}

static void options_given_at_the_start_get_an_absolute_path(void **state)
{
	(void)state;
	becomes(ENV("LD_PRELOAD=" SHIM, "SOCKSAN_OPTIONS=log_path=rel/t:stack_depth=3"), true,
		ENV("LD_PRELOAD=" SHIM, OWN_OPTIONS));
}

static void options_that_the_host_set_itself_are_left_alone(void **state)
{
	(void)state;
	becomes(ENV("LD_PRELOAD=" SHIM, "SOCKSAN_OPTIONS=verbosity=1"), true,
		ENV("LD_PRELOAD=" SHIM, "SOCKSAN_OPTIONS=verbosity=1"));
}

static void unfollowed_children_lose_the_shim_and_nothing_else(void **state)
{
	(void)state;
	becomes(ENV("LD_PRELOAD=" SHIM, "A=1"), false, ENV("A=1"));
	becomes(ENV("LD_PRELOAD=" SHIM ":liba.so"), false, ENV("LD_PRELOAD=liba.so"));
	becomes(ENV("LD_PRELOAD=liba.so:" SHIM), false, ENV("LD_PRELOAD=liba.so"));
	becomes(ENV("LD_PRELOAD=liba.so " SHIM " libb.so"), false, ENV("LD_PRELOAD=liba.so libb.so"));
	becomes(ENV("LD_PRELOAD=liba.so"), false, ENV("LD_PRELOAD=liba.so"));
	becomes(ENV("A=1"), false, ENV("A=1"));
	becomes(ENV(), false, ENV());
}

/* On a stack of 16 KiB, in two ways: many entries, and a long one. */
static void *on_a_small_stack(void *arg)
{
	static char *many[20001], one[] = "A=1", preload[100001] = "LD_PRELOAD=";

	for (int i = 0; i < 20000; i++)
		many[i] = one;
	ENV_FOR(made, many, true, NULL);
	assert_string_equal(made[19999], one);
	assert_string_equal(made[20000], "LD_PRELOAD=" SHIM);
	assert_string_equal(made[20001], OWN_OPTIONS);
	assert_null(made[20002]);
	memset(preload + 11, 'p', sizeof preload - 12);
	ENV_FOR(with_long, ENV(preload), true, NULL);
	assert_int_equal(strlen(with_long[0]), strlen(preload) + strlen(SHIM) + 1);
	return arg;
}

static void an_environment_of_any_size_gets_the_shim_on_any_stack(void **state)
{
	pthread_attr_t attr;
	pthread_t thread_;

	(void)state;
	pthread_attr_init(&attr);
	assert_int_equal(pthread_attr_setstacksize(&attr, 16384), 0);
	assert_int_equal(pthread_create(&thread_, &attr, on_a_small_stack, NULL), 0);
	pthread_join(thread_, NULL);
}

static long pages_mapped(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_true(f && fscanf(f, "%ld", &pages) == 1);
	fclose(f);
	return pages;
}

static void what_a_large_environment_took_is_given_back(void **state)
{
	static char *many[20001], one[] = "A=1";

	(void)state;
	for (int i = 0; i < 20000; i++)
		many[i] = one;
	pages_mapped();
	long before = pages_mapped();
	for (int i = 0; i < 50; i++) {
		ENV_FOR(made, many, true, NULL);
		assert_ptr_not_equal(made, many);
	}
	assert_int_equal(pages_mapped(), before);

	/* a vfork child's, which left by exec: its parent gives it back */
	thread_lends(1);
	struct env_plan plan = env_plan(many, true, NULL);
	env_for(many, &plan, NULL);
	thread_lends(0);
	assert_int_not_equal(pages_mapped(), before);
	env_end_vfork();
	assert_int_equal(pages_mapped(), before);
}

static void an_environment_that_cannot_be_read_is_passed_on_itself(void **state)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *end = page + 4096;
	char **array = (char **)end - 2;
	char *const *bad[] = {(char **)8,
			      ENV("A=1", (char *)1),
			      (char **)end,
			      ENV("A=1", (char *)8),
			      ENV(end),
			      ENV(memcpy(end - 3, "LD_", 3)),
			      ENV(memcpy(end - 12, "LD_PRELOAD=x", 12)),
			      ENV(memcpy(end - 17, "SOCKSAN_OPTIONS=x", 17)),
			      array};

	(void)state;
	assert_int_equal(mprotect(end, 4096, PROT_NONE), 0);
	array[0] = array[1] = page;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		memcpy(end - 24, i == 7 ? "       SOCKSAN_OPTIONS=x" : "            LD_PRELOAD=x", 24);
		if (i == 5)
			memcpy(end - 3, "LD_", 3);
		if (i == 8)
			array[0] = array[1] = page;
		ENV_FOR(made, bad[i], true, NULL);
		assert_ptr_equal(made, bad[i]);
	}
	memcpy(end - 4, "A=1", 4);
	becomes(ENV(end - 4), true, ENV("A=1", "LD_PRELOAD=" SHIM, OWN_OPTIONS));
	munmap(page, 8192);
}

static void a_start_leaves_libc_an_environment_for_children(void **state)
{
	char preload[] = "LD_PRELOAD=" SHIM, both[] = "LD_PRELOAD=liba.so:" SHIM,
	     given[] = "SOCKSAN_OPTIONS=log_path=rel/t:stack_depth=3";
	char **lone = ENV("A=1", preload, given, "B=2"), **shared = ENV(both, "SOCKSAN_OPTIONS=log_path=/abs/t");

	(void)state;
	options.follow = 0;
	env_init(lone);
	options.follow = 1;
	assert_string_equal(lone[0], "A=1");
	assert_string_equal(lone[1], OWN_OPTIONS);
	assert_string_equal(lone[2], "B=2");
	assert_null(lone[3]);
	env_init(shared);
	assert_string_equal(shared[0], "LD_PRELOAD=liba.so:" SHIM);
	options.follow = 0;
	env_init(shared);
	assert_string_equal(shared[0], "LD_PRELOAD=liba.so");
	assert_string_equal(shared[1], "SOCKSAN_OPTIONS=log_path=/abs/t");
}

static void every_size_of_environment_fits_its_room(void **state)
{
	static char *many[4097], preload[2048], one[] = "A=1";

	(void)state;
	for (int n = 0; n <= 4096; n += 512) {
		for (int i = 0; i < n; i++)
			many[i] = one;
		many[n] = NULL;
		struct env_plan room = env_plan(many, true, NULL);
		assert_int_equal(room.slots, n + 3);
		ENV_FOR(made, many, true, NULL);
		assert_string_equal(made[n], "LD_PRELOAD=" SHIM);
		assert_null(made[n + 2]);
	}
	strcpy(preload, "LD_PRELOAD=");
	memset(preload + 11, 'p', sizeof preload - 12);
	struct env_plan room = env_plan(ENV(preload), true, NULL);
	assert_true(room.bytes + 1 >= strlen(preload) + strlen(SHIM) + 2);
}

static void a_shim_that_knows_no_place_of_its_own_changes_nothing(void **state)
{
	char **given = ENV("A=1");

	(void)state;
	ENV_FOR(made, given, true, NULL);
	assert_ptr_equal(made, given);
}

int main(void)
{
	const struct CMUnitTest unplaced[] = {
		cmocka_unit_test(a_shim_that_knows_no_place_of_its_own_changes_nothing),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_environment_gets_the_shim_and_its_options),
		cmocka_unit_test(what_the_host_has_stays),
		cmocka_unit_test(a_preload_of_the_hosts_own_is_kept_behind_the_shim),
		cmocka_unit_test(a_shim_that_is_there_already_is_not_doubled),
		cmocka_unit_test(an_environment_that_needs_nothing_is_passed_on_itself),
		cmocka_unit_test(options_given_at_the_start_get_an_absolute_path),
		cmocka_unit_test(options_that_the_host_set_itself_are_left_alone),
		cmocka_unit_test(unfollowed_children_lose_the_shim_and_nothing_else),
		cmocka_unit_test(an_environment_of_any_size_gets_the_shim_on_any_stack),
		cmocka_unit_test(what_a_large_environment_took_is_given_back),
		cmocka_unit_test(an_environment_that_cannot_be_read_is_passed_on_itself),
		cmocka_unit_test(every_size_of_environment_fits_its_room),
		cmocka_unit_test(a_start_leaves_libc_an_environment_for_children),
	};
	int failed = cmocka_run_group_tests(unplaced, NULL, NULL);

	return failed + cmocka_run_group_tests(tests, setup, NULL);
}
