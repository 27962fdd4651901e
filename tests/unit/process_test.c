/* The life of a process as its trace has it: what it began with, whose child it is, that it ends once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/kernel/errand.h"
#include "shim/process/process.h"
#include "shim/state/options.h"
#include "shim/trace/trace.h"
#include "shim/track/closing.h"
#include "shim/track/event.h"
#include "shim/track/make.h"
#include "shim/track/query.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int inherited, made_here;

/* How many lines of a process's trace have all of these. */
static int lines_with(int pid, const char *one, const char *other)
{
	char path[OPTION_PATH + 32], *line = NULL;
	size_t size = 0;
	int n = 0;

	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, pid);
	FILE *f = fopen(path, "r");
	while (f && getline(&line, &size, f) > 0)
		n += strstr(line, one) && strstr(line, other);
	free(line);
	if (f)
		fclose(f);
	return n;
}

static int make(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct event e = event("socket", fd);
	e.life = (struct life){.state = STATE_CLOSED, .family = AF_UNIX, .type = SOCK_STREAM};
	made(&e);
	return fd;
}

static int setup(void **state)
{
	(void)state;
	options_parse(NULL);
	options.stack_depth = 0;
	snprintf(options.log_path, sizeof options.log_path, "%s/t", new_folder());
	errand_init(environ);
	inherited = socket(AF_UNIX, SOCK_STREAM, 0);
	process_start();
	made_here = make();
	return 0;
}

static void it_begins_with_what_it_inherited(void **state)
{
	char fd[32];

	(void)state;
	assert_int_equal(process_pid(), getpid());
	assert_int_equal(lines_with(getpid(), "\"ev\":\"process\"", "\"how\":\"exec\""), 1);
	snprintf(fd, sizeof fd, "\"fd\":%d,", inherited);
	assert_int_equal(lines_with(getpid(), "\"inherited\":true", fd), 1);
	snprintf(fd, sizeof fd, "\"fd\":%d,", made_here);
	assert_int_equal(lines_with(getpid(), "\"inherited\":true", fd), 0);
	assert_int_equal(lines_with(getpid(), "\"op\":\"socket\"", fd), 1);
}

static int status_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_child_has_a_trace_of_its_own_and_leaks_nothing_of_its_parents(void **state)
{
	char fd[32];

	(void)state;
	assert_true(process_give("fork") > 0);
	pid_t child = fork();
	if (!child) {
		process_child();
		make();
		process_exit(7);
		_exit(process_pid() == getpid() ? 7 : 1);
	}
	assert_int_equal(status_of(child), 7);
	snprintf(fd, sizeof fd, "\"fd\":%d,", made_here);
	assert_int_equal(lines_with(child, "\"ev\":\"process\"", "\"how\":\"fork\""), 1);
	assert_int_equal(lines_with(child, "\"inherited\":true", fd), 1);
	assert_int_equal(lines_with(child, "\"ev\":\"leak\"", fd), 0);
	assert_int_equal(lines_with(child, "\"ev\":\"leak\"", ""), 1);
	assert_int_equal(lines_with(child, "\"ev\":\"exit\"", "\"status\":7"), 1);
	assert_int_equal(lines_with(getpid(), "\"ev\":\"exit\"", ""), 0);
}

/* MADV_WIPEONFORK tells, whatever made the child. */
static void a_child_that_no_hook_saw_is_known_at_its_first_call(void **state)
{
	(void)state;
	pid_t parent = getpid(), child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (!child) {
		bool stale = process_pid() == parent, active = process_active();
		_exit(stale && active && process_pid() == syscall(SYS_getpid) ? 0 : 1);
	}
	assert_int_equal(status_of(child), 0);
	assert_int_equal(process_pid(), parent);
	assert_true(process_active());
}

static void a_child_that_is_not_to_be_followed_records_nothing(void **state)
{
	(void)state;
	options.follow = false;
	pid_t child = fork();
	if (!child) {
		process_child();
		make();
		process_exit(0);
		_exit(process_active() ? 1 : 0);
	}
	options.follow = true;
	assert_int_equal(status_of(child), 0);
	assert_int_equal(lines_with(child, "", ""), 0);
}

static void an_exec_that_failed_is_told_and_the_trace_goes_on(void **state)
{
	(void)state;
	process_exec("execve", "/nowhere", 0);
	process_exec("execve", "/nowhere", ENOENT);
	assert_int_equal(lines_with(getpid(), "\"ev\":\"exec\"", "\"path\":\"/nowhere\""), 1);
	assert_int_equal(lines_with(getpid(), "\"ev\":\"exec\"", "\"errno\":\"ENOENT\""), 1);
	int fd = make();
	struct closing c = closing_begin("close", fd, true);
	closing_end(&c, close(fd));
	assert_int_equal(lines_with(getpid(), "\"ev\":\"fd\"", "\"op\":\"close\""), 1);
}

static int alone[THREADS];

static void ask(unsigned number) { alone[number] = process_alone() + !process_shares() + !process_active(); }

static void threads_are_this_process_and_strangers_are_looked_at(void **state)
{
	(void)state;
	assert_true(process_alone());
	in_threads(ask);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(alone[i], 0);
	process_strangers(1);
	assert_true(process_active()); /* this is none */
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (!child)
		_exit(process_active() && process_pid() == syscall(SYS_getpid) ? 0 : 1);
	assert_int_equal(status_of(child), 0);
	process_strangers(-1);
	assert_int_equal(*process_living, 1);
}

static void end(unsigned number) { process_exit((int)number); }

static void whichever_thread_ends_it_it_ends_once(void **state)
{
	char fd[32];

	(void)state;
	in_threads(end);
	snprintf(fd, sizeof fd, "\"fd\":%d,", made_here);
	assert_int_equal(lines_with(getpid(), "\"ev\":\"exit\"", ""), 1);
	assert_int_equal(lines_with(getpid(), "\"ev\":\"leak\"", fd), 1);
	snprintf(fd, sizeof fd, "\"fd\":%d,", inherited);
	assert_int_equal(lines_with(getpid(), "\"ev\":\"leak\"", fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_with_what_it_inherited),
		cmocka_unit_test(a_child_has_a_trace_of_its_own_and_leaks_nothing_of_its_parents),
		cmocka_unit_test(a_child_that_no_hook_saw_is_known_at_its_first_call),
		cmocka_unit_test(a_child_that_is_not_to_be_followed_records_nothing),
		cmocka_unit_test(an_exec_that_failed_is_told_and_the_trace_goes_on),
		cmocka_unit_test(threads_are_this_process_and_strangers_are_looked_at),
		cmocka_unit_test(whichever_thread_ends_it_it_ends_once),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
