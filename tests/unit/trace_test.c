/* The trace file: every line put is there once and whole, whatever threads, signals, limits and the host's own calls do meanwhile.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/kernel/errand.h"
#include "shim/trace/jsonl.h"
#include "shim/state/options.h"
#include "shim/kernel/sys.h"
#include "shim/trace/put.h"
#include "shim/trace/trace.h"
#include "shim/kernel/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[OPTION_PATH + 32];
static unsigned opened_times;

static void count_opened(void) { opened_times++; }

static int setup(void **state)
{
	(void)state;
	trace_forget();
	options_parse(NULL);
	snprintf(options.log_path, sizeof options.log_path, "%s/t", new_folder());
	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
	trace_opened = NULL;
	trace_owns = NULL;
	opened_times = 0;
	return 0;
}

/* A line of this thread's `index`th: who, which, and padding of a length that depends on both. */
static size_t make_line(char *line, unsigned who, unsigned index)
{
	static const char padding[] =
		"................................................................................................"
		"................................................................................................";
	struct jsonl j = jsonl_open(line, 512, "x");

	jsonl_uint(&j, "t", trace_now());
	jsonl_uint(&j, "who", who);
	jsonl_uint(&j, "index", index);
	jsonl_strn(&j, "pad", padding, (who * 31 + index * 7) % (sizeof padding - 1));
	return jsonl_close(&j);
}

static bool put_line(unsigned who, unsigned index)
{
	char line[512];

	return trace_put(line, make_line(line, who, index));
}

/* What the file holds: lines of each writer, by index; broken ones; `lost` lines, and what the last of them says; the longest run of
 * blank lines at its end. */
enum { WRITERS = 64, MOST = 80000 };
static unsigned char seen[WRITERS][MOST];
static unsigned whole, broken, twice, trailing_blank, lost_lines;
static unsigned long lost_count;
static char lost_why[16];
static off_t file_size;

static void read_back(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	memset(seen, 0, sizeof seen);
	whole = broken = twice = trailing_blank = lost_lines = 0;
	while ((n = getline(&line, &size, f)) > 0) {
		unsigned who, index, dots = 0;
		unsigned long t;
		int end = 0;

		if (*line == '\n') {
			trailing_blank++;
			continue;
		}
		trailing_blank = 0;
		if (!strncmp(line, "{\"ev\":\"lost\",", 13)) {
			const char *why = strstr(line, "\"why\":\""), *count = strstr(line, "\"dropped\":");
			char *rest;
			if (!why || !count || sscanf(why, "\"why\":\"%15[a-z_]", lost_why) != 1) {
				broken++;
				continue;
			}
			lost_count = strtoul(count + 10, &rest, 10);
			broken += strcmp(rest, "}\n") != 0;
			lost_lines++;
			continue;
		}
		if (sscanf(line, "{\"ev\":\"x\",\"t\":%lu,\"who\":%u,\"index\":%u,\"pad\":\"%n", &t, &who, &index,
			   &end) != 3 ||
		    !end || who >= WRITERS || index >= MOST) {
			broken++;
			continue;
		}
		while (line[end + (int)dots] == '.')
			dots++;
		if (dots != (who * 31 + index * 7) % 192 || strcmp(line + end + dots, "\"}\n"))
			broken++;
		else if (seen[who][index]++)
			twice++;
		else
			whole++;
	}
	file_size = ftello(f);
	free(line);
	fclose(f);
}

static void holds_exactly(unsigned lines)
{
	read_back();
	assert_int_equal(broken, 0);
	assert_int_equal(twice, 0);
	assert_int_equal(whole, lines);
}

static void no_line_means_no_file(void **state)
{
	(void)state;
	assert_false(trace_is_open());
	assert_int_equal(trace_fd(), -1);
	trace_finish();
	assert_int_equal(access(path, F_OK), -1);
}

static void the_first_line_makes_the_file_and_tells_it_once(void **state)
{
	struct stat st;

	(void)state;
	trace_opened = count_opened;
	assert_true(put_line(1, 0));
	assert_true(put_line(1, 1));
	assert_int_equal(opened_times, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	holds_exactly(2);
}

static void a_line_is_in_the_file_as_soon_as_it_was_put(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		put_line(1, i);
		if (i % 20 == 0)
			holds_exactly(i + 1);
	}
}

static void time_never_stands_still_or_turns_back(void **state)
{
	uint64_t before = 0;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		uint64_t now = trace_now();
		assert_true(now > before);
		before = now;
	}
}

static uint64_t times[THREADS][20000];

static void take_times(unsigned number)
{
	for (int i = 0; i < 20000; i++)
		times[number][i] = trace_now();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void no_two_threads_are_given_the_same_time(void **state)
{
	uint64_t *all = &times[0][0];

	(void)state;
	in_threads(take_times);
	for (unsigned n = 0; n < THREADS; n++)
		for (int i = 1; i < 20000; i++)
			assert_true(times[n][i] > times[n][i - 1]);
	qsort(all, THREADS * 20000, sizeof *all, compare);
	for (int i = 1; i < THREADS * 20000; i++)
		assert_true(all[i] > all[i - 1]);
}

static unsigned lost;

static void put_many(unsigned number)
{
	for (unsigned i = 0; i < 5000; i++)
		if (!put_line(number, i))
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
}

static void eight_threads_lose_no_line_and_tear_none(void **state)
{
	(void)state;
	lost = 0;
	trace_opened = count_opened;
	in_threads(put_many);
	assert_int_equal(lost, 0);
	assert_int_equal(opened_times, 1);
	assert_int_equal(trace_dropped, 0);
	trace_finish();
	holds_exactly(THREADS * 5000);
	assert_int_equal(trailing_blank, 0);
}

static void one_thread_writes_past_the_first_window(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 70000; i++)
		assert_true(put_line(1, i));
	trace_finish();
	holds_exactly(70000);
	assert_true(file_size > 9 << 20);
	assert_int_equal(trailing_blank, 0);
}

static void finishing_leaves_no_padding(void **state)
{
	(void)state;
	for (unsigned lines = 1; lines < 60; lines += 7) {
		setup(state);
		for (unsigned i = 0; i < lines; i++)
			put_line(1, i);
		trace_finish();
		holds_exactly(lines);
		assert_int_equal(trailing_blank, 0);
		struct stat st;
		stat(path, &st);
		assert_int_equal(st.st_size, file_size);
	}
}

static void *ends_its_line_late(void *busy)
{
	usleep(5000);
	__atomic_store_n((char *)busy, 0, __ATOMIC_RELEASE);
	return NULL;
}

static void the_end_waits_for_a_thread_that_shares_the_mark_of_the_one_that_ends(void **state)
{
	(void)state;
	put_line(1, 0);
	char *busy = &trace_writers[gettid() % TRACE_WRITERS].busy;
	pthread_t other;
	*busy = 1;
	assert_int_equal(pthread_create(&other, NULL, ends_its_line_late, busy), 0);
	trace_finish();
	assert_int_equal(__atomic_load_n(busy, __ATOMIC_ACQUIRE), 0);
	pthread_join(other, NULL);
}

static void lines_after_the_end_are_lost_and_counted(void **state)
{
	(void)state;
	put_line(1, 0);
	trace_finish();
	trace_finish();
	for (unsigned i = 1; i < 2000; i++)
		put_line(1, i);
	read_back();
	assert_int_equal(broken, 0);
	assert_int_equal(trailing_blank, 0);
	assert_true(whole >= 1);
	assert_true(trace_dropped >= 1);
}

#ifndef __SANITIZE_THREAD__ /* who goes on after the end races with it by intent; TSan cannot know */
static unsigned go_on = 1;

static void *put_until_told(void *arg)
{
	for (unsigned i = 0; i < MOST && __atomic_load_n(&go_on, __ATOMIC_RELAXED); i++)
		put_line((unsigned)(uintptr_t)arg, i);
	return NULL;
}

static void threads_that_go_on_after_the_end_are_not_harmed(void **state)
{
	pthread_t others[THREADS];

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&others[i], NULL, put_until_told, (void *)i);
	while (__atomic_load_n(&trace_dropped, __ATOMIC_RELAXED) == 0 && !trace_is_open())
		sched_yield();
	for (unsigned i = 0; i < 2000; i++)
		put_line(40, i);
	trace_finish();
	for (unsigned i = 0; i < 1000; i++)
		put_line(41, i);
	__atomic_store_n(&go_on, 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(others[i], NULL);
	read_back();
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(seen[40][i], 1);
}

#endif

/* A handler that writes, in a thread that writes. */
static unsigned handled;

static void handler(int signal)
{
	(void)signal;
	int saved = errno;
	put_line(20, handled++);
	errno = saved;
}

static pthread_t interrupted;

static void *interrupt(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3000; i++) {
		pthread_kill(interrupted, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void a_signal_handler_between_any_two_instructions_costs_no_line(void **state)
{
	pthread_t other;
	unsigned own = 0;

	(void)state;
	struct sigaction action = {.sa_handler = handler}, was;
	sigaction(SIGUSR1, &action, &was);
	interrupted = pthread_self();
	handled = 0;
	pthread_create(&other, NULL, interrupt, NULL);
	while (handled < 1000 && own < 60000)
		put_line(21, own++);
	pthread_join(other, NULL);
	sigaction(SIGUSR1, &was, NULL);
	trace_finish();
	assert_int_equal(trace_dropped, 0);
	holds_exactly(own + handled);
}

static void a_closed_descriptor_is_opened_again_by_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		put_line(1, i);
		if (i % 300 == 0)
			close(trace_fd());
	}
	trace_finish();
	assert_int_equal(trace_dropped, 0);
	holds_exactly(3000);
	assert_int_equal(trailing_blank, 0);
}

static void a_file_of_the_hosts_own_at_the_descriptor_is_never_written(void **state)
{
	char other[sizeof path];
	struct rlimit was, high;
	struct stat st;

	(void)state;
	snprintf(other, sizeof other, "%s.other", options.log_path);
	put_line(1, 0);
	trace_keep();
	int own = trace_fd(), fd = open(other, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	/* It may lie above the limit that the host has. */
	getrlimit(RLIMIT_NOFILE, &was);
	high = (struct rlimit){was.rlim_cur > (rlim_t)own ? was.rlim_cur : (rlim_t)own + 1, was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &high), 0);
	assert_int_equal(dup2(fd, own), own);
	setrlimit(RLIMIT_NOFILE, &was);
	for (unsigned i = 1; i < 3000; i++)
		put_line(1, i);
	assert_true(trace_fd() != own);
	trace_finish();
	holds_exactly(3000);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(fd);
	close(own);
}

static void the_descriptor_is_close_on_exec_and_out_of_the_way(void **state)
{
	struct rlimit was, low;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	low = (struct rlimit){64, was.rlim_max > 64 ? was.rlim_max : 128};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	put_line(1, 0);
	trace_keep();
	assert_int_equal(trace_fd(), 63);
	assert_true(fcntl(trace_fd(), F_GETFD) & FD_CLOEXEC);
	setrlimit(RLIMIT_NOFILE, &was);
}

static void the_descriptor_lies_at_the_upper_end_of_what_the_limit_allows(void **state)
{
	static const struct {
		rlim_t limit;
		int expected;
	} places[] = {{8, -1},	    {15, -1},	  {16, 15},	{17, 16},     {64, 63},
		      {1024, 1023}, {1025, 1023}, {8192, 1023}, {16384, 1023}};
	struct rlimit was;

	getrlimit(RLIMIT_NOFILE, &was);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct rlimit limit = {places[i].limit, was.rlim_max}, now;
		if (limit.rlim_cur > was.rlim_max)
			continue;
		setup(state);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		put_line(1, 0);
		trace_keep();
		int at = trace_fd(), wider = -1;
		getrlimit(RLIMIT_NOFILE, &now);
		for (unsigned n = 1; n < 2000; n++)
			put_line(1, n);
		if (was.rlim_max >= 16384) { /* it moves on, out of the middle of what the host has now */
			setrlimit(RLIMIT_NOFILE, &(struct rlimit){16384, was.rlim_max});
			trace_hide();
			wider = trace_fd();
		}
		setrlimit(RLIMIT_NOFILE, &was);
		assert_int_equal(at, places[i].expected);
		assert_int_equal(now.rlim_cur, limit.rlim_cur);
		assert_int_equal(now.rlim_max, limit.rlim_max);
		if (at >= 0 && was.rlim_max >= 16384)
			assert_int_equal(wider, 1023);
		trace_finish();
		assert_int_equal(trace_dropped, 0);
		holds_exactly(2000);
	}
}

static void limits_stay_as_they_are(unsigned number)
{
	struct rlimit now;

	for (unsigned i = 0; i < 3000; i++) {
		getrlimit(RLIMIT_NOFILE, &now);
		if (now.rlim_cur != 200)
			__atomic_store_n(&opened_times, 1000, __ATOMIC_RELAXED);
		put_line(number, i);
		if (i % 100 == 0)
			trace_yield();
	}
}

static void no_thread_ever_sees_another_limit(void **state)
{
	struct rlimit was;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){200, was.rlim_max});
	in_threads(limits_stay_as_they_are);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(opened_times, 0);
	trace_finish();
	assert_int_equal(trace_dropped, 0);
	holds_exactly(THREADS * 3000);
}

/* All numbers that a program with this limit can have. */
static int fill(int *fds, int most)
{
	int n = 0;

	while (n < most && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	return n;
}

static void the_host_gets_every_number_that_its_limit_allows(void **state)
{
	static const int limits[] = {16, 64, 256, 1024};
	static int fds[1024];
	struct rlimit was;

	getrlimit(RLIMIT_NOFILE, &was);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		setup(state);
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)limits[i], was.rlim_max});
		int bare = fill(fds, 1024);
		for (int n = 0; n < bare; n++)
			close(fds[n]);
		put_line(1, 0);
		trace_keep();
		int kept = trace_fd(), first = fill(fds, 1024), second = 0;
		bool gave = trace_yield();
		if (gave)
			second = fill(fds + first, 1);
		bool again = trace_yield();
		for (unsigned n = 1; n < 3000; n++)
			put_line(1, n);
		for (int n = 0; n < first + second; n++)
			close(fds[n]);
		setrlimit(RLIMIT_NOFILE, &was);
		assert_int_equal(kept, limits[i] - 1);
		assert_true(gave);
		assert_false(again);
		assert_int_equal(first + second, bare);
		trace_finish();
		assert_int_equal(trace_dropped, 0);
		holds_exactly(3000);
	}
}

/* Threads that write, give the descriptor up and move it, while others fill what gets free with files of their own. */
static char others[sizeof path];
static unsigned foreign;

static void use_and_give(unsigned number)
{
	struct stat st;

	if (number < 4) {
		for (unsigned i = 0; i < 9000; i++)
			put_line(number, i);
		return;
	}
	for (unsigned i = 0; i < 3000; i++) {
		if (number == 4)
			trace_yield();
		int fd = open(others, O_WRONLY | O_APPEND);
		if (fd < 0)
			continue;
		int top = fcntl(fd, F_DUPFD, 60);
		if (number == 5 && top >= 0)
			trace_hide();
		if (!fstat(fd, &st) && st.st_size)
			__atomic_fetch_add(&foreign, 1, __ATOMIC_RELAXED);
		if (top >= 0)
			close(top);
		close(fd);
	}
}

static void what_the_host_gets_is_never_written_to(void **state)
{
	struct rlimit was;

	(void)state;
	snprintf(others, sizeof others, "%s.others", options.log_path);
	close(open(others, O_RDWR | O_CREAT, 0600));
	foreign = 0;
	getrlimit(RLIMIT_NOFILE, &was);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, was.rlim_max});
	put_line(9, 0);
	in_threads(use_and_give);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(foreign, 0);
	trace_finish();
	read_back();
	assert_int_equal(broken, 0);
	assert_int_equal(whole + trace_dropped, 4 * 9000 + 1);
}

static void a_host_that_has_taken_every_number_is_recorded_on(void **state)
{
	static int fds[1024];
	struct rlimit was;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){256, was.rlim_max});
	put_line(1, 0);
	int n = fill(fds, 1024);
	for (int i = 0; i < n - 1; i++)
		close(fds[i + 1]);
	for (int i = 1; i < n; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	assert_int_equal(open("/dev/null", O_RDONLY), -1);
	for (unsigned i = 1; i < 3000; i++)
		put_line(1, i);
	for (int i = 0; i < n; i++)
		close(fds[i]);
	setrlimit(RLIMIT_NOFILE, &was);
	trace_finish();
	assert_int_equal(trace_dropped, 0);
	holds_exactly(3000);
}

static void a_file_keeps_no_descriptor_unless_asked_to(void **state)
{
	(void)state;
	trace_open();
	assert_true(trace_is_open());
	assert_true(put_line(1, 0));
	assert_int_equal(trace_fd(), -1);
	trace_keep();
	assert_true(trace_fd() >= 0);
	int kept = trace_fd();
	trace_keep();
	assert_int_equal(trace_fd(), kept);
	trace_finish();
	holds_exactly(1);
	assert_int_equal(trailing_blank, 0);
}

static void a_file_that_kept_no_descriptor_is_cut_to_its_last_line(void **state)
{
	(void)state;
	trace_open();
	for (unsigned i = 0; i < 3000; i++)
		assert_true(put_line(1, i));
	assert_int_equal(trace_fd(), -1);
	trace_finish();
	assert_int_equal(trace_fd(), -1);
	holds_exactly(3000);
	assert_int_equal(trailing_blank, 0);
}

static void a_move_makes_room_and_loses_nothing(void **state)
{
	(void)state;
	put_line(1, 0);
	trace_keep();
	int before = trace_fd();
	trace_move(before);
	int after = trace_fd();
	assert_int_not_equal(after, before);
	close(before);
	for (unsigned i = 1; i < 1000; i++)
		put_line(1, i);
	trace_finish();
	holds_exactly(1000);
}

static const char *expected_first;

static bool begins_so(const char *line)
{
	return expected_first && !strncmp(line, expected_first, strlen(expected_first));
}

static void a_second_life_of_the_process_is_appended(void **state)
{
	(void)state;
	trace_owns = begins_so;
	expected_first = "{\"ev\":\"x\",";
	for (unsigned i = 0; i < 10; i++)
		put_line(1, i);
	trace_finish();
	trace_forget();
	for (unsigned i = 0; i < 10; i++)
		put_line(2, i);
	trace_finish();
	holds_exactly(20);
	assert_int_equal(trailing_blank, 0);
}

static void the_file_of_another_process_is_left_alone(void **state)
{
	(void)state;
	expected_first = "something else";
	for (unsigned life = 1; life <= 4; life++) {
		trace_owns = life == 3 ? NULL : begins_so;
		for (unsigned i = 0; i < 10 * life; i++)
			put_line(life, i);
		trace_finish();
		trace_forget();
	}
	holds_exactly(10);
	for (unsigned life = 2; life <= 4; life++) {
		snprintf(path, sizeof path, "%s.%d-%u.jsonl", options.log_path, getpid(), life);
		holds_exactly(10 * life);
	}
	/* Its own is found among them. */
	trace_owns = begins_so;
	expected_first = "{\"ev\":\"x\",";
	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
	unlink(path);
	close(open(path, O_RDWR | O_CREAT, 0600)); /* of one that has written nothing yet */
	for (unsigned i = 0; i < 5; i++)
		put_line(9, i);
	trace_finish();
	snprintf(path, sizeof path, "%s.%d-2.jsonl", options.log_path, getpid());
	holds_exactly(25);
}

static void a_forked_child_writes_a_file_of_its_own(void **state)
{
	int status;

	(void)state;
	put_line(1, 0);
	pid_t child = fork();
	if (child == 0) {
		trace_forget();
		for (unsigned i = 0; i < 100; i++)
			put_line(2, i);
		trace_finish();
		_exit(trace_dropped == 0 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	put_line(1, 1);
	trace_finish();
	holds_exactly(2);
	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, child);
	holds_exactly(100);
}

static void a_link_at_the_path_is_not_followed(void **state)
{
	char victim[sizeof path];

	(void)state;
	snprintf(victim, sizeof victim, "%s.victim", options.log_path);
	int fd = open(victim, O_RDWR | O_CREAT, 0600);
	assert_int_equal(symlink(victim, path), 0);
	assert_true(put_line(1, 0));
	struct stat st;
	fstat(fd, &st);
	assert_int_equal(st.st_size, 0);
	close(fd);
	assert_int_equal(trace_dropped, 0);
	trace_finish();
	snprintf(path, sizeof path, "%s.%d-2.jsonl", options.log_path, getpid());
	holds_exactly(1);
}

/* Once a file could not be made, no other is tried in this process: what follows needs one of its own. */
static void in_child(void (*body)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		trace_forget();
		snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
		body();
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status)
		fail_msg("the child ended with status %#x, expected 0", (unsigned)status);
	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, child);
}

static void stop_at_fsize(void)
{
	struct rlimit limit = {200000, 200000};

	setrlimit(RLIMIT_FSIZE, &limit); /* SIGXFSZ would end the child */
	unsigned taken = 0;
	for (unsigned i = 0; i < 5000; i++)
		taken += put_line(1, i);
	if (!taken || trace_dropped != 5000 - taken)
		_exit(1);
}

static void a_limit_on_file_sizes_loses_lines_and_counts_them(void **state)
{
	(void)state;
	in_child(stop_at_fsize);
	read_back();
	assert_int_equal(broken, 0);
	assert_true(whole > 100);
	assert_int_equal(lost_lines, 1);
	assert_string_equal(lost_why, "file");
	assert_int_equal(lost_count, 5000 - whole);
}

static void stop_at_max_bytes(void)
{
	unsigned taken = 0;

	options.max_bytes = 131072;
	for (unsigned i = 0; i < 5000; i++)
		taken += put_line(1, i);
	if (taken < 300 || trace_dropped != 5000 - taken)
		_exit(1);
	trace_finish();
	struct stat st;
	if (stat(path, &st) || st.st_size > 131072)
		_exit(2);
}

static void max_bytes_is_kept_and_what_is_lost_is_counted(void **state)
{
	(void)state;
	in_child(stop_at_max_bytes);
	read_back();
	assert_int_equal(broken, 0);
	assert_true(whole > 300);
	assert_int_equal(lost_lines, 1);
	assert_string_equal(lost_why, "max_bytes");
	assert_int_equal(lost_count, 5000 - whole);
}

/* What is lost can be read at each moment, from outside. */
static void count_up(void)
{
	options.max_bytes = 16384;
	for (unsigned i = 0; i < 2500; i++) {
		put_line(1, i);
		if (i % 50)
			continue;
		read_back();
		if (broken || lost_lines != (trace_dropped > 0) || (lost_lines && lost_count != trace_dropped))
			_exit(1);
	}
	raise(SIGKILL);
}

static void a_killed_process_tells_how_much_was_lost(void **state)
{
	int status;

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		trace_forget();
		snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
		count_up();
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, child);
	read_back();
	assert_int_equal(broken, 0);
	assert_int_equal(lost_lines, 1);
	assert_int_equal(whole + lost_count, 2500);
}

static void lose_in_threads(void)
{
	options.max_bytes = 65536;
	in_threads(put_many);
	if (trace_dropped != lost || !lost)
		_exit(1);
	trace_finish();
}

static void threads_that_lose_at_once_are_all_counted(void **state)
{
	(void)state;
	lost = 0;
	in_child(lose_in_threads);
	read_back();
	assert_int_equal(broken, 0);
	assert_int_equal(lost_lines, 1);
	assert_int_equal(whole + lost_count, THREADS * 5000);
}

/* Lines of each rank, of lengths like those of leak lines, until no more are taken. */
static unsigned taken_of[4];

static void put_ranks(void)
{
	char line[512];
	unsigned i = 0;

	options.max_bytes = 65536;
	watch_count(20);
	for (int rank = TRACE_EVENT; rank <= TRACE_LEAK; rank++)
		for (unsigned refused = 0; refused < 50; i++) {
			if (trace_put_as((enum trace_rank)rank, line, make_line(line, (unsigned)rank, i)))
				taken_of[rank]++;
			else
				refused++;
		}
	if (!taken_of[TRACE_EVENT] || taken_of[TRACE_PLACE] < 10 || taken_of[TRACE_LEAK] < 1)
		_exit(1);
	if (trace_has_room(TRACE_EVENT) || trace_has_room(TRACE_LEAK))
		_exit(2);
	if (!trace_put_as(TRACE_END, line, make_line(line, 20, 0)))
		_exit(3);
	if (trace_dropped != 100) /* events and leaks: a stack is none */
		_exit(4);
	trace_finish();
	struct stat st;
	if (stat(path, &st) || st.st_size > 65536)
		_exit(5);
}

static void room_is_kept_for_lines_of_a_higher_rank(void **state)
{
	(void)state;
	in_child(put_ranks);
	read_back();
	assert_int_equal(broken, 0);
	assert_int_equal(lost_lines, 1);
	assert_int_equal(lost_count, 100);
	assert_int_equal(seen[20][0], 1);
}

/* 300 sockets are open when the room gets short: each has its last line. */
static void leave_many_open(void)
{
	char line[512];
	struct jsonl j;
	unsigned leaks = 0;

	options.max_bytes = 65536;
	for (unsigned i = 0; i < 20000; i++) {
		if (i < 5000 ? i < 150 : i < 5150) { /* before and after the limit is met */
			watch_opened();
			put_line(1, i);
			put_line(2, i);
		}
		put_line(3, i);
	}
	for (unsigned i = 0; i < 300; i++) {
		j = jsonl_open(line, sizeof line, "leak");
		jsonl_strn(&j, "pad",
			   "..........................................................................................."
			   "....."
			   "...............................................",
			   140);
		leaks += trace_put_as(TRACE_LEAK, line, jsonl_close(&j));
	}
	watch_count(0);
	if (leaks != 300)
		_exit(1);
	if (!trace_put_as(TRACE_END, line, make_line(line, 20, 0)))
		_exit(2);
	trace_finish();
	struct stat st;
	if (stat(path, &st) || st.st_size > 65536)
		_exit(3);
}

static void what_is_open_is_told_though_the_trace_is_full(void **state)
{
	(void)state;
	in_child(leave_many_open);
}

static void nothing_is_discarded_that_holds_an_event(void **state)
{
	(void)state;
	trace_open();
	trace_put_as(TRACE_PLACE, "{\"ev\":\"process\"}\n", 17);
	trace_keep();
	assert_int_equal(access(path, F_OK), 0);
	assert_true(trace_discard());
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(trace_fd(), -1);

	setup(state);
	put_line(1, 0);
	trace_events = 1;
	assert_false(trace_discard());
	trace_events = 0;
	unlink(path);
	close(open(path, O_RDWR | O_CREAT, 0600)); /* another's, by now */
	assert_false(trace_discard());
	assert_int_equal(access(path, F_OK), 0);
}

/* While one thread holds them, lines of others wait; its own do not. */
static unsigned in_hold;

static void put_or_hold(unsigned number)
{
	if (number) {
		for (unsigned i = 0; i < 5000; i++)
			put_line(number, i);
		return;
	}
	for (unsigned i = 0; i < 20; i++) {
		trace_hold(true);
		put_line(0, i);
		read_back();
		__atomic_fetch_add(&in_hold, broken, __ATOMIC_RELAXED);
		trace_hold(false);
	}
}

static void a_hold_keeps_lines_whole_and_loses_none(void **state)
{
	(void)state;
	in_hold = 0;
	put_line(30, 0);
	in_threads(put_or_hold);
	trace_finish();
	assert_int_equal(trace_dropped, 0);
	holds_exactly(7 * 5000 + 20 + 1);
}

static void write_nowhere(void)
{
	strcpy(options.log_path, "/nonexistent/folder/t");
	for (unsigned i = 0; i < 100; i++)
		if (put_line(1, i))
			_exit(1);
	if (trace_dropped != 100 || trace_is_open())
		_exit(2);
}

static void a_missing_folder_loses_every_line_and_counts_them(void **state)
{
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, 2);
	in_child(write_nowhere);
	dup2(saved, 2);
	close(saved);
	close(null);
}

static void deleted(void)
{
	put_line(1, 0);
	unlink(path);
	close(trace_fd());
	for (unsigned i = 1; i < 2000; i++)
		put_line(1, i);
	if (!trace_dropped)
		_exit(1);
	trace_finish();
	if (!access(path, F_OK))
		_exit(2);
}

static void a_file_deleted_while_running_is_not_made_again(void **state)
{
	(void)state;
	in_child(deleted);
}

static void killed(void)
{
	for (unsigned i = 0; i < 1234; i++)
		put_line(1, i);
	raise(SIGKILL);
}

static void a_killed_process_leaves_every_line(void **state)
{
	int status;

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		trace_forget();
		killed();
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, child);
	holds_exactly(1234);
}

static void errno_is_left_alone(void **state)
{
	(void)state;
	errno = 12345;
	for (unsigned i = 0; i < 3000; i++)
		put_line(1, i);
	trace_move(trace_fd());
	trace_finish();
	trace_forget();
	assert_int_equal(errno, 12345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_line_means_no_file, setup),
		cmocka_unit_test_setup(the_first_line_makes_the_file_and_tells_it_once, setup),
		cmocka_unit_test_setup(a_line_is_in_the_file_as_soon_as_it_was_put, setup),
		cmocka_unit_test_setup(time_never_stands_still_or_turns_back, setup),
		cmocka_unit_test_setup(no_two_threads_are_given_the_same_time, setup),
		cmocka_unit_test_setup(eight_threads_lose_no_line_and_tear_none, setup),
		cmocka_unit_test_setup(one_thread_writes_past_the_first_window, setup),
		cmocka_unit_test_setup(finishing_leaves_no_padding, setup),
		cmocka_unit_test_setup(the_end_waits_for_a_thread_that_shares_the_mark_of_the_one_that_ends, setup),
		cmocka_unit_test_setup(lines_after_the_end_are_lost_and_counted, setup),
#ifndef __SANITIZE_THREAD__
		cmocka_unit_test_setup(threads_that_go_on_after_the_end_are_not_harmed, setup),
#endif
		cmocka_unit_test_setup(a_signal_handler_between_any_two_instructions_costs_no_line, setup),
		cmocka_unit_test_setup(a_closed_descriptor_is_opened_again_by_name, setup),
		cmocka_unit_test_setup(a_file_of_the_hosts_own_at_the_descriptor_is_never_written, setup),
		cmocka_unit_test_setup(the_descriptor_is_close_on_exec_and_out_of_the_way, setup),
		cmocka_unit_test_setup(the_descriptor_lies_at_the_upper_end_of_what_the_limit_allows, setup),
		cmocka_unit_test_setup(no_thread_ever_sees_another_limit, setup),
		cmocka_unit_test_setup(the_host_gets_every_number_that_its_limit_allows, setup),
		cmocka_unit_test_setup(what_the_host_gets_is_never_written_to, setup),
		cmocka_unit_test_setup(a_host_that_has_taken_every_number_is_recorded_on, setup),
		cmocka_unit_test_setup(a_file_keeps_no_descriptor_unless_asked_to, setup),
		cmocka_unit_test_setup(a_file_that_kept_no_descriptor_is_cut_to_its_last_line, setup),
		cmocka_unit_test_setup(a_move_makes_room_and_loses_nothing, setup),
		cmocka_unit_test_setup(a_second_life_of_the_process_is_appended, setup),
		cmocka_unit_test_setup(the_file_of_another_process_is_left_alone, setup),
		cmocka_unit_test_setup(a_link_at_the_path_is_not_followed, setup),
		cmocka_unit_test_setup(nothing_is_discarded_that_holds_an_event, setup),
		cmocka_unit_test_setup(a_hold_keeps_lines_whole_and_loses_none, setup),
		cmocka_unit_test_setup(a_forked_child_writes_a_file_of_its_own, setup),
		cmocka_unit_test_setup(a_limit_on_file_sizes_loses_lines_and_counts_them, setup),
		cmocka_unit_test_setup(max_bytes_is_kept_and_what_is_lost_is_counted, setup),
		cmocka_unit_test_setup(a_killed_process_tells_how_much_was_lost, setup),
		cmocka_unit_test_setup(threads_that_lose_at_once_are_all_counted, setup),
		cmocka_unit_test_setup(room_is_kept_for_lines_of_a_higher_rank, setup),
		cmocka_unit_test_setup(what_is_open_is_told_though_the_trace_is_full, setup),
		cmocka_unit_test_setup(a_missing_folder_loses_every_line_and_counts_them, setup),
		cmocka_unit_test_setup(a_file_deleted_while_running_is_not_made_again, setup),
		cmocka_unit_test_setup(a_killed_process_leaves_every_line, setup),
		cmocka_unit_test_setup(errno_is_left_alone, setup),
	};

	errand_init(environ);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
