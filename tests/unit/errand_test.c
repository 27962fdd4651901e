/* errand: work with descriptors that no thread of the host meets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shim/kernel/errand.h"
#include "shim/kernel/sys.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROUNDS = 100 };

static int stop;

static void *waits(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		usleep(1000);
	return unused;
}

/* From now on the process has a second thread, so that an errand is one of its own. */
static pthread_t company(void *(*body)(void *))
{
	pthread_t thread;
	stop = 0;
	assert_int_equal(pthread_create(&thread, NULL, body, NULL), 0);
	return thread;
}

static void leave(pthread_t thread)
{
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

static void opens(void *result)
{
	long fd = sys_open("/dev/null", O_WRONLY, 0);
	*(long *)result = fd < 0 ? fd : sys3(SYS_write, fd, "x", 1);
	sys0(SYS_sched_yield);
	sys1(SYS_close, fd);
}

static unsigned taken;

/* The lowest number that is free stays so. */
static void *takes_the_lowest(void *unused)
{
	int lowest = dup(0);
	close(lowest);
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		int fd = dup(0);
		if (fd != lowest)
			taken++;
		close(fd);
	}
	return unused;
}

static void the_host_never_misses_a_number(void **state)
{
	long wrote = 0;

	(void)state;
	taken = 0;
	pthread_t thread = company(takes_the_lowest);
	for (int i = 0; i < ROUNDS; i++) {
		assert_true(errand(opens, &wrote, i % 2 ? ERRAND_EMPTY : ERRAND_COPY, false));
		assert_int_equal(wrote, 1);
	}
	leave(thread);
	assert_int_equal(taken, 0);
}

static void a_full_table_is_none_of_its_business(void **state)
{
	struct rlimit was;
	long wrote = 0;

	getrlimit(RLIMIT_NOFILE, &was);
	for (int alone = 0; alone < 2; alone++) {
		pthread_t thread = alone ? 0 : company(waits);
		int fds[64], n = 0;
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){32, was.rlim_max});
		while (n < 64 && (fds[n] = dup(0)) >= 0)
			n++;
		bool ran = errand(opens, &wrote, ERRAND_EMPTY, true);
		while (n > 0)
			close(fds[--n]);
		setrlimit(RLIMIT_NOFILE, &was);
		if (!alone)
			leave(thread);
		assert_true(ran);
		assert_int_equal(wrote, 1);
	}
	(void)state;
}

static int threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int n = 0;

	for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
		n += entry->d_name[0] != '.';
	closedir(tasks);
	return n;
}

static void the_host_has_no_thread_more(void **state)
{
	long wrote;

	(void)state;
	pthread_t thread = company(waits);
	for (int i = 0; i < 1000 && threads() > 2; i++) /* one that was joined before is listed for a moment */
		usleep(1000);
	for (int i = 0; i < ROUNDS; i++) {
		assert_true(errand(opens, &wrote, ERRAND_EMPTY, false));
		assert_int_equal(threads(), 2);
	}
	leave(thread);
}

static unsigned handled;

static void handler(int signal)
{
	long wrote = 0;

	(void)signal;
	handled += errand(opens, &wrote, ERRAND_EMPTY, false) && wrote == 1;
}

static void sees_the_mask(void *blocked)
{
	uint64_t mask = 0;
	sys4(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof mask);
	*(uint64_t *)blocked = mask;
}

static void signals_wait_for_its_end(void **state)
{
	struct sigaction act = {.sa_handler = handler}, was;
	uint64_t blocked = 0;
	sigset_t before, after;

	(void)state;
	handled = 0;
	sigaction(SIGUSR1, &act, &was);
	pthread_t thread = company(waits);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_true(errand(sees_the_mask, &blocked, ERRAND_EMPTY, false));
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int i = 0; i < 20; i++)
		raise(SIGUSR1);
	leave(thread);
	sigaction(SIGUSR1, &was, NULL);
	assert_true(blocked >> (SIGUSR1 - 1) & 1);
	assert_memory_equal(&before, &after, 8);
	assert_int_equal(handled, 20);
}

static void *runs_errands(void *result)
{
	long wrote;
	for (int i = 0; i < ROUNDS; i++)
		if (errand(opens, &wrote, ERRAND_EMPTY, false) && wrote == 1)
			__atomic_fetch_add((int *)result, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void threads_run_theirs_at_once(void **state)
{
	pthread_t thread[4];
	int done = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, runs_errands, &done), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(done, 4 * ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_never_misses_a_number),
		cmocka_unit_test(a_full_table_is_none_of_its_business),
		cmocka_unit_test(the_host_has_no_thread_more),
		cmocka_unit_test(signals_wait_for_its_end),
		cmocka_unit_test(threads_run_theirs_at_once),
	};
	errand_init(environ);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
