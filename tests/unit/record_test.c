/* The numbers of a line: whatever threads and clocks do meanwhile, each is one that the trace can hold.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/kernel/errand.h"
#include "shim/state/options.h"
#include "shim/process/process.h"
#include "shim/track/closing.h"
#include "shim/track/data.h"
#include "shim/track/make.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"
#include "shim/trace/trace.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int setup(void **state)
{
	(void)state;
	trace_forget();
	options_parse(NULL);
	options.stack_depth = 0;
	snprintf(options.log_path, sizeof options.log_path, "%s/t", new_folder());
	*process_living = 1;
	process_turn(true);
	process.pid = getpid();
	return 0;
}

/* Every number in the trace: none is negative but for fd and ret, none is 2^63 or more. Returns how many lines had a key `gap`. */
static unsigned numbers_are_sound(void)
{
	char path[OPTION_PATH + 32], *line = NULL;
	size_t size = 0;
	unsigned gaps = 0, lines = 0;

	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		lines += *line == '{';
		gaps += strstr(line, "\"gap\":") != NULL;
		for (const char *at = line; (at = strstr(at, "\":"));) {
			const char *digits = at += 2;
			bool minus = *at == '-';
			at += minus;
			if (!isdigit((unsigned char)*at))
				continue;
			errno = 0;
			unsigned long long n = strtoull(at, NULL, 10);
			if (errno || n > INT64_MAX ||
			    (minus && strncmp(digits - 5, "\"fd\":", 5) && strncmp(digits - 6, "\"ret\":", 6)))
				fail_msg("expected each number to be within [0, 2^63): %s", line);
		}
	}
	assert_true(lines > 0);
	free(line);
	fclose(f);
	return gaps;
}

static int pair[2];

static void make_pair(void)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 2; i++) {
		struct event e = event("socketpair", pair[i]);
		e.life = (struct life){.state = STATE_ESTABLISHED, .family = AF_UNIX, .type = SOCK_STREAM};
		made(&e);
	}
}

static void close_pair(void)
{
	for (int i = 0; i < 2; i++) {
		struct closing c = closing_begin("close", pair[i], true);
		closing_end(&c, close(pair[i]));
	}
}

static struct socket *socket_at_fd(int fd) { return socket_of(fd_load(fd)); }

static void a_byte_in_the_past_of_another_is_no_silence(void **state)
{
	(void)state;
	make_pair();
	uint64_t later = watch_clock() + 60000000000; /* further than this thread may have to wait for a processor */
	socket_at_fd(pair[0])->last = later;	      /* as a thread that read the clock after us has stored it */
	struct call c = call_begin(pair[0]);
	data_end(&c, "send", ACT_send, 1, 1, TELL);
	assert_int_equal(socket_at_fd(pair[0])->gap, 0);
	close_pair();
	assert_int_equal(numbers_are_sound(), 0);
}

static void a_silence_is_told(void **state)
{
	(void)state;
	make_pair();
	socket_at_fd(pair[0])->last = watch_clock() - 2 * WAIT_TOLD;
	struct call c = call_begin(pair[0]);
	data_end(&c, "send", ACT_send, 1, 1, TELL);
	assert_in_range(socket_at_fd(pair[0])->gap, 2 * WAIT_TOLD, 20 * WAIT_TOLD);
	close_pair();
	assert_int_equal(numbers_are_sound(), 1);
}

static void move_bytes(unsigned number)
{
	uint64_t random = number + 1;

	for (int i = 0; i < 20000; i++) {
		int fd = pair[next_random(&random) & 1];
		struct call c = call_begin(fd);
		enum side side = next_random(&random) & 1 ? WRITING : READING;
		call_enter(&c, "io", side);
		if (i % 64 == 0 && c.socket) /* of a clock that goes as it likes */
			__atomic_store_n(&c.socket->last,
					 watch_clock() + next_random(&random) % 2000000000 - 1000000000,
					 __ATOMIC_RELAXED);
		if (i % 128 == 1)
			c.began += next_random(&random) % 2000000000 - 1000000000;
		call_leave(&c, "io", side);
		data_end(&c, side == WRITING ? "send" : "recv", side == WRITING ? ACT_send : ACT_recv, 1,
			 (long)(next_random(&random) % 3), TELL);
	}
}

static void whatever_threads_and_clocks_do_each_number_is_one(void **state)
{
	(void)state;
	for (int round = 0; round < 5; round++) {
		make_pair();
		in_threads(move_bytes);
		close_pair();
	}
	numbers_are_sound();
}

static void a_timeout_beyond_all_numbers_is_the_largest(void **state)
{
	struct timeval forever = {.tv_sec = INT64_MAX / 1000};

	(void)state;
	make_pair();
	if (!setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever))
		assert_true(watch_timeout(pair[0], false) <= INT64_MAX);
	forever.tv_sec = 30000000000; /* which the kernel keeps as it is */
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever), 0);
	assert_int_equal(watch_timeout(pair[0], false), INT64_MAX);
	close_pair();
}

static int stop;

static void make_and_close(unsigned number)
{
	if (number == 0) {
		for (int i = 0; i < 3000; i++)
			process_give("fork");
		__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
		return;
	}
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		struct event e = event("socket", fd);
		e.life = (struct life){.state = STATE_CLOSED, .family = AF_UNIX, .type = SOCK_STREAM};
		made(&e);
		struct socket *s = socket_at_fd(fd);
		uint64_t told = 0, real = 0;
		for (int i = 0; i < 50 && s && !told; i++)
			told = socket_cookie(s);
		socklen_t len = sizeof real;
		if (told && !getsockopt(fd, SOL_SOCKET, SO_COOKIE, &real, &len) && told != real)
			__atomic_store_n(&stop, 2, __ATOMIC_RELAXED);
		struct closing c = closing_begin("close", fd, true);
		closing_end(&c, close(fd));
	}
}

static void a_socket_never_has_the_cookie_of_another(void **state)
{
	(void)state;
	in_threads(make_and_close);
	assert_int_equal(stop, 1);
}

static void what_is_not_judged_is_closed_by_whoever_is_first(void **state)
{
	(void)state;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(made_path("open", fd, O_RDONLY | O_CLOEXEC), fd);
	assert_true(fd_load(fd) == FD_OTHER);
	assert_true(closing_quiet("close", fd));
	assert_true(fd_load(fd) == FD_GONE);
	struct trail first = trail_of(fd), second;
	assert_string_equal(mark_op(first.closed), "close");
	assert_true(first.closed.t > first.made.t);

	assert_false(closing_quiet("fclose", fd));
	second = trail_of(fd);
	assert_memory_equal(&first, &second, sizeof first);
	struct closing c = closing_begin("fclose", fd, true);
	assert_false(c.quiet || c.armed);
	close(fd);
	closing_quiet_end("close", fd, 0);
	errno = EBADF;
	closing_end(&c, -1);
	assert_true(fd_load(fd) == FD_GONE);

	made_open("eventfd", fd, KIND_eventfd, false);
	assert_true(closing_quiet("close", fd));
	errno = EBADF; /* closed where nobody saw it */
	closing_quiet_end("close", fd, -1);
	assert_true(fd_load(fd) == FD_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_byte_in_the_past_of_another_is_no_silence, setup),
		cmocka_unit_test_setup(a_silence_is_told, setup),
		cmocka_unit_test_setup(whatever_threads_and_clocks_do_each_number_is_one, setup),
		cmocka_unit_test_setup(a_timeout_beyond_all_numbers_is_the_largest, setup),
		cmocka_unit_test_setup(a_socket_never_has_the_cookie_of_another, setup),
		cmocka_unit_test_setup(what_is_not_judged_is_closed_by_whoever_is_first, setup),
	};

	errand_init(environ);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
