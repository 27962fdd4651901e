/* descendants: who has waited for a processor, and who has only slept.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/proc.h"
#include "analyzer/explore/descendants.h"

#define MS INT64_C(1000000)

enum { STEP_US = 10000, STEPS = 1000 };

static void spins(int policy)
{
	for (;;)
		if (policy >= 0) {
			sched_setscheduler(0, policy, &(struct sched_param){0});
			policy = -1;
		}
}

static pid_t starts(void (*does)(int), int with)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		does(with);
		_exit(0);
	}
	return pid;
}

static void ends(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* On the first processor that this process may use, which its children inherit. */
static void uses_one_processor(void)
{
	cpu_set_t may, one;
	CPU_ZERO(&one);
	assert_int_equal(sched_getaffinity(0, sizeof may, &may), 0);
	for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &may))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

static void what_another_keeps_from_the_processor_has_waited(void **state)
{
	(void)state;
	uses_one_processor();
	pid_t busy = starts(spins, -1), idle = starts(spins, SCHED_IDLE);
	int64_t waited = 0;
	for (int i = 0; i < STEPS && waited < 100 * MS; i++) {
		usleep(STEP_US);
		waited = descendants_waited(busy);
	}
	ends(idle);
	ends(busy);
	assert_true(waited >= 100 * MS);
}

static void sleeps(int with)
{
	(void)with;
	for (;;)
		pause();
}

static void what_sleeps_does_not_wait(void **state)
{
	(void)state;
	pid_t asleep = starts(sleeps, 0);
	for (int i = 0; i < STEPS && proc_state(asleep) != 'S'; i++)
		usleep(STEP_US);
	int64_t before = descendants_waited(0);
	usleep(20 * STEP_US);
	int64_t after = descendants_waited(0);
	ends(asleep);
	assert_true(after == before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_sleeps_does_not_wait),
		cmocka_unit_test(what_another_keeps_from_the_processor_has_waited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
