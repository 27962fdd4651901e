/* SOCKSAN_OPTIONS: what is taken, what is refused and what is said about it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/state/options.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char said[4096];

/* Parses with standard error kept in `said`. */
static void parse(const char *text)
{
	int saved = dup(2),
	    file = open(getenv("TEST_TMPDIR") ? getenv("TEST_TMPDIR") : "/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(saved >= 0 && file >= 0);
	dup2(file, 2);
	errno = 12345;
	options_parse(text);
	int after = errno;
	dup2(saved, 2);
	ssize_t n = pread(file, said, sizeof said - 1, 0);
	said[n > 0 ? n : 0] = 0;
	close(saved);
	close(file);
	assert_int_equal(after, 12345);
}

static int lines_said(void)
{
	int n = 0;
	for (const char *p = said; *p; p++)
		n += *p == '\n';
	return n;
}

static void nothing_given_means_the_defaults(void **state)
{
	char expected[8192];

	(void)state;
	for (int i = 0; i < 3; i++) {
		parse(i == 0 ? NULL : i == 1 ? "" : ":::");
		assert_int_equal(options.stack_depth, 16);
		assert_int_equal(options.python, 1);
		assert_int_equal(options.follow, 1);
		assert_int_equal(options.max_bytes, 256 << 20);
		assert_int_equal(options.verbosity, 0);
		assert_int_equal(options.argv, 1);
		assert_int_equal(options.quarantine, 0);
		assert_int_equal(options.board, 0);
		assert_string_equal(said, "");
		assert_non_null(getcwd(expected, 4096));
		strcat(expected, "/socksan");
		assert_string_equal(options.log_path, expected);
	}
}

static void each_key_is_taken(void **state)
{
	(void)state;
	parse("log_path=/var/log/x:stack_depth=0:python=0:follow=0:max_bytes=4096:verbosity=1:argv=0:board=1");
	assert_string_equal(said, "");
	assert_string_equal(options.log_path, "/var/log/x");
	assert_int_equal(options.stack_depth, 0);
	assert_int_equal(options.python, 0);
	assert_int_equal(options.follow, 0);
	assert_int_equal(options.max_bytes, 4096);
	assert_int_equal(options.verbosity, 1);
	assert_int_equal(options.argv, 0);
	assert_int_equal(options.board, 1);
}

static void the_last_value_of_a_key_counts(void **state)
{
	(void)state;
	parse("stack_depth=3:log_path=/a:stack_depth=4:log_path=/b");
	assert_int_equal(options.stack_depth, 4);
	assert_string_equal(options.log_path, "/b");
}

static void limits_are_part_of_the_range(void **state)
{
	(void)state;
	parse("stack_depth=64:max_bytes=9223372036854775807:verbosity=2");
	assert_string_equal(said, "");
	assert_int_equal(options.stack_depth, 64);
	assert_true(options.max_bytes == INT64_MAX);
}

static void a_size_may_have_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} sizes[] = {
		{"0", 0},
		{"64k", 64 << 10},
		{"64K", 64 << 10},
		{"3kB", 3 << 10},
		{"3KiB", 3 << 10},
		{"2m", 2 << 20},
		{"2MB", 2 << 20},
		{"2mib", 2 << 20},
		{"1g", 1 << 30},
		{"7GiB", 7ll << 30},
		{"8589934591g", INT64_MAX >> 30 << 30},
	};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char text[64];
		snprintf(text, sizeof text, "max_bytes=%s", sizes[i].text);
		parse(text);
		assert_string_equal(said, "");
		if (options.max_bytes != sizes[i].bytes)
			fail_msg("%s: expected %lld bytes, got %lld", text, (long long)sizes[i].bytes,
				 (long long)options.max_bytes);
	}
}

static void a_bad_value_keeps_the_default_and_costs_one_line(void **state)
{
	static const char *const bad[] = {"stack_depth=65",
					  "stack_depth=-1",
					  "stack_depth=",
					  "stack_depth",
					  "stack_depth=1x",
					  "stack_depth= 1",
					  "stack_depth=0x10",
					  "stack_depth=99999999999999999999999",
					  "max_bytes=9223372036854775808",
					  "max_bytes=k",
					  "max_bytes=1kk",
					  "max_bytes=1t",
					  "max_bytes=1B",
					  "max_bytes=1 k",
					  "max_bytes=1ki",
					  "max_bytes=1kBi",
					  "max_bytes=-1k",
					  "max_bytes=1.5g",
					  "max_bytes=8589934592g",
					  "board=2147483648",
					  "follow=2",
					  "python=yes",
					  "log_path=",
					  "log_path"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		parse(bad[i]);
		if (lines_said() != 1 || !strstr(said, bad[i]) || !strstr(said, "socksan: "))
			fail_msg("%s: expected one line that quotes it, got: %s", bad[i], said);
		assert_int_equal(options.stack_depth, 16);
		assert_int_equal(options.max_bytes, 256 << 20);
		assert_int_equal(options.follow, 1);
		assert_int_equal(options.python, 1);
		assert_non_null(strstr(options.log_path, "/socksan"));
	}
}

static void an_unknown_key_costs_one_line_and_the_rest_counts(void **state)
{
	(void)state;
	parse("colour=red:stack_depth=5:=:stack_depth2=7:stack=9");
	assert_int_equal(lines_said(), 4);
	assert_non_null(strstr(said, "colour=red"));
	assert_int_equal(options.stack_depth, 5);
}

static void a_path_longer_than_its_room_is_refused(void **state)
{
	char text[OPTION_PATH + 64];

	(void)state;
	strcpy(text, "log_path=/");
	memset(text + 10, 'p', OPTION_PATH - 2);
	text[10 + OPTION_PATH - 2] = 0;
	parse(text);
	assert_string_equal(said, "");
	assert_int_equal(strlen(options.log_path), OPTION_PATH - 1);
	strcat(text, "p");
	parse(text);
	assert_int_equal(lines_said(), 1);
	assert_non_null(strstr(options.log_path, "/socksan"));
}

static void a_relative_path_is_fixed_to_the_folder_of_the_start(void **state)
{
	char here[4096], expected[8192];

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	parse("log_path=a/b");
	snprintf(expected, sizeof expected, "%s/a/b", here);
	assert_string_equal(options.log_path, expected);
	assert_int_equal(chdir("/"), 0);
	parse("log_path=a/b");
	assert_string_equal(options.log_path, "/a/b");
	assert_int_equal(chdir(here), 0);
}

static void random_text_is_survived(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int turn = 0; turn < 2000; turn++) {
		static const char alphabet[] = "log_path=stack_depth=:=19/-x\xff\n";
		char text[64];
		size_t n = next_random(&seed) % (sizeof text - 1);

		for (size_t i = 0; i < n; i++)
			text[i] = alphabet[next_random(&seed) % (sizeof alphabet - 1)];
		text[n] = 0;
		parse(text);
		assert_true(options.stack_depth >= 0 && options.stack_depth <= 64);
		assert_int_equal(*options.log_path, '/');
	}
}

static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

/* Says something to `fd`. */
static void say_to(int fd)
{
	int saved = dup(2);

	assert_int_equal(dup2(fd, 2), 2);
	options_parse(NULL);
	say("a", "b", "c");
	dup2(saved, 2);
	close(saved);
}

static void what_is_said_to_nobody_sends_the_host_no_signal(void **state)
{
	sigset_t pipe_signal, pending;
	int ends[2];

	(void)state;
	signal(SIGPIPE, count);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	say_to(ends[1]);
	sigpending(&pending);
	assert_int_equal(signals, 0);
	assert_false(sigismember(&pending, SIGPIPE));

	/* one that the host has waiting stays its own */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_signal, NULL);
	raise(SIGPIPE);
	say_to(ends[1]);
	sigpending(&pending);
	assert_true(sigismember(&pending, SIGPIPE));
	sigprocmask(SIG_UNBLOCK, &pipe_signal, NULL);
	assert_int_equal(signals, 1);
	close(ends[1]);
}

static void what_is_said_to_a_full_file_sends_the_host_no_signal(void **state)
{
	int file = open(getenv("TEST_TMPDIR") ? getenv("TEST_TMPDIR") : "/tmp", O_TMPFILE | O_RDWR, 0600);
	struct rlimit had, one = {1, 1};
	sigset_t mask, pending;

	(void)state;
	signal(SIGXFSZ, count);
	signals = 0;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &had), 0);
	one.rlim_max = had.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &one), 0);
	assert_int_equal(write(file, "x", 1), 1);
	say_to(file);
	setrlimit(RLIMIT_FSIZE, &had);
	sigpending(&pending);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(signals, 0);
	assert_false(sigismember(&pending, SIGXFSZ));
	assert_false(sigismember(&mask, SIGXFSZ) || sigismember(&mask, SIGPIPE) || sigismember(&mask, SIGTTOU));
	close(file);
}

static void nothing_is_said_to_what_the_host_put_there_later(void **state)
{
	int saved = dup(2), ends[2];
	char some[64];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	options_parse(NULL);
	dup2(ends[1], 2);
	say("a", "b", "c");
	dup2(saved, 2);
	assert_int_equal(read(ends[0], some, sizeof some), -1);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

static void nothing_is_said_where_it_would_wait(void **state)
{
	char some[4096] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], some, sizeof some) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	alarm(10);
	say_to(ends[1]); /* else the alarm ends this program */
	alarm(0);
	while (read(ends[0], some, sizeof some) > 0)
		assert_null(memmem(some, sizeof some, "socksan", 7));
	say_to(ends[1]);
	assert_int_equal(read(ends[0], some, sizeof some), strlen("socksan: abc\n"));
	close(ends[0]);
	close(ends[1]);
}

static void nothing_is_said_to_a_socket(void **state)
{
	int pair[2], saved = dup(2);
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	dup2(pair[0], 2);
	options_parse("unknown=1");
	dup2(saved, 2);
	assert_int_equal(read(pair[1], &byte, 1), -1);
	close(saved);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_means_the_defaults),
		cmocka_unit_test(each_key_is_taken),
		cmocka_unit_test(the_last_value_of_a_key_counts),
		cmocka_unit_test(limits_are_part_of_the_range),
		cmocka_unit_test(a_size_may_have_a_unit),
		cmocka_unit_test(a_bad_value_keeps_the_default_and_costs_one_line),
		cmocka_unit_test(an_unknown_key_costs_one_line_and_the_rest_counts),
		cmocka_unit_test(a_path_longer_than_its_room_is_refused),
		cmocka_unit_test(a_relative_path_is_fixed_to_the_folder_of_the_start),
		cmocka_unit_test(random_text_is_survived),
		cmocka_unit_test(nothing_is_said_to_a_socket),
		cmocka_unit_test(what_is_said_to_nobody_sends_the_host_no_signal),
		cmocka_unit_test(what_is_said_to_a_full_file_sends_the_host_no_signal),
		cmocka_unit_test(nothing_is_said_to_what_the_host_put_there_later),
		cmocka_unit_test(nothing_is_said_where_it_would_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
