/* trace_reader: order of time out of interleaved runs, and nothing lost around lines that cannot be used.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/read/trace_reader.h"

struct file {
	char path[256];
};

static int set_up(void **state)
{
	const char *folder = getenv("TEST_TMPDIR");
	struct file *file = calloc(1, sizeof *file);
	snprintf(file->path, sizeof file->path, "%s/trace_reader.XXXXXX", folder ? folder : "/tmp");
	int fd = mkstemp(file->path);
	if (fd >= 0)
		close(fd);
	*state = file;
	return fd < 0;
}

static int tear_down(void **state)
{
	struct file *file = *state;
	unlink(file->path);
	free(file);
	return 0;
}

static struct trace_reader *reader_of(const struct file *file, const char *text, size_t n)
{
	struct trace_reader *reader = trace_reader_new();
	FILE *out = fopen(file->path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	fclose(out);
	assert_int_equal(trace_reader_add(reader, file->path), 0);
	return reader;
}

static void assert_times(struct trace_reader *reader, const int64_t *times, size_t n)
{
	const struct trace_event *event;
	for (size_t i = 0; i < n; i++) {
		assert_non_null(event = trace_reader_next(reader));
		assert_int_equal(event->t, times[i]);
	}
	assert_null(trace_reader_next(reader));
}

#define LINE(t) "{\"ev\":\"exit\",\"t\":" #t ",\"pid\":1,\"status\":0}\n"

static void runs_are_merged_by_time(void **state)
{
	const char text[] = LINE(10) LINE(40) "\n\n" LINE(20) LINE(30) "\n" LINE(5) LINE(60);
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	assert_times(reader, (int64_t[]){5, 10, 20, 30, 40, 60}, 6);
	trace_reader_free(reader);
}

static void equal_times_keep_the_order_of_the_file(void **state)
{
	const char text[] = LINE(7) "{\"pid\":2,\"ev\":\"exit\", \"t\" : 7 }\n" LINE(3) LINE(7);
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	const uint64_t lines[] = {3, 1, 2, 4};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(trace_reader_next(reader)->line, lines[i]);
	trace_reader_free(reader);
}

static void line_numbers_count_blank_lines(void **state)
{
	const char text[] = "\n\n" LINE(1) "\n\n\n" LINE(2);
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	assert_int_equal(trace_reader_next(reader)->line, 3);
	assert_int_equal(trace_reader_next(reader)->line, 7);
	trace_reader_free(reader);
}

/* Buffers are smaller than the runs and the lines here. */
static void lines_longer_than_a_buffer_are_whole(void **state)
{
	size_t n = 0, each = 40000;
	char *text = malloc(20 * (each + 200));
	for (int i = 0; i < 20; i++) {
		n += (size_t)sprintf(text + n, "{\"t\":%d,\"ev\":\"exit\",\"pid\":1,\"more\":\"", i % 2 ? 100 + i : i);
		memset(text + n, 'x', each);
		n += each;
		n += (size_t)sprintf(text + n, "\"}\n");
	}
	struct trace_reader *reader = reader_of(*state, text, n);
	int64_t last = -1;
	int count = 0;
	for (const struct trace_event *event; (event = trace_reader_next(reader)); count++) {
		assert_true(event->t > last);
		last = event->t;
	}
	assert_int_equal(count, 20);
	trace_reader_free(reader);
	free(text);
}

static void what_a_line_lacks_is_told_from_zero(void **state)
{
	const char text[] = "{\"ev\":\"fd\",\"t\":1,\"pid\":1,\"op\":\"close\",\"fd\":0}\n"
			    "{\"ev\":\"fd\",\"t\":2,\"pid\":1,\"op\":\"close\",\"fd\":0,\"from\":null,\"to\":\"BOUND\","
			    "\"ret\":0}\n";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	const struct trace_event *event = trace_reader_next(reader);
	assert_int_equal(event->fd, 0);
	assert_int_equal(event->newfd, NO_FD);
	assert_int_equal(event->ret, NO_RET);
	assert_int_equal(event->sock, -1);
	assert_int_equal(event->from, STATE_ABSENT);
	assert_null(event->error);
	event = trace_reader_next(reader);
	assert_int_equal(event->from, STATE_NONE);
	assert_int_equal(event->to, STATE_BOUND);
	assert_int_equal(event->ret, 0);
	trace_reader_free(reader);
}

static void a_word_of_a_later_shim_is_none(void **state)
{
	const char text[] =
		"{\"ev\":\"process\",\"t\":1,\"pid\":1,\"how\":\"fork\"}\n"
		"{\"ev\":\"process\",\"t\":2,\"pid\":1,\"how\":\"teleport\"}\n"
		"{\"ev\":\"lost\",\"t\":3,\"pid\":1,\"why\":\"own-table\"}\n"
		"{\"ev\":\"lost\",\"t\":4,\"pid\":1,\"why\":\"weather\"}\n"
		"{\"ev\":\"fd\",\"t\":5,\"pid\":1,\"op\":\"close\",\"fd\":0,\"note\":\"inside\"}\n"
		"{\"ev\":\"fd\",\"t\":6,\"pid\":1,\"op\":\"close\",\"fd\":0,\"note\":\"outside\",\"from\":\"LOST\"}\n";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	assert_int_equal(trace_reader_next(reader)->how, HOW_fork);
	assert_int_equal(trace_reader_next(reader)->how, HOW_none);
	assert_int_equal(trace_reader_next(reader)->why, LOSS_own_table);
	assert_int_equal(trace_reader_next(reader)->why, LOSS_none);
	assert_int_equal(trace_reader_next(reader)->note, NOTE_inside);
	const struct trace_event *event = trace_reader_next(reader);
	assert_int_equal(event->note, NOTE_none);
	assert_int_equal(event->from, STATE_ABSENT); /* and is complained of */
	trace_reader_free(reader);
}

static void frames_and_strings_are_read(void **state)
{
	const char text[] = "{\"ev\":\"stack\",\"t\":1,\"pid\":1,\"id\":4,\"frames\":[\"1+0x10\",\"12+0xffffffffff\"],"
			    "\"py\":[\"a.py:1 f\"],\"py_runs\":[1,0,9000000000]}\n";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	const struct trace_event *event = trace_reader_next(reader);
	assert_int_equal(event->n_frames, 2);
	assert_int_equal(event->frames[1].module, 12);
	assert_int_equal(event->frames[1].offset, 0xffffffffff);
	assert_int_equal(event->n_script, 1);
	assert_string_equal(event->script[0], "a.py:1 f");
	assert_int_equal(event->n_runs, 3);
	assert_int_equal(event->runs[0], 1);
	assert_int_equal(event->runs[2], 9000000000);
	trace_reader_free(reader);
}

/* Each has memory of its own. */
static void two_arrays_of_numbers_in_a_line(void **state)
{
	const char text[] =
		"{\"ev\":\"stack\",\"t\":1,\"pid\":1,\"id\":4,\"frames\":[],\"py\":[],\"py_runs\":[1,2],\"members\":"
		"[3,4,5,6,7,8,9,10,11]}\n";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	const struct trace_event *event = trace_reader_next(reader);
	assert_non_null(event);
	assert_int_equal(event->n_runs, 2);
	assert_int_equal(event->runs[1], 2);
	assert_int_equal(event->n_members, 9);
	assert_int_equal(event->members[8], 11);
	trace_reader_free(reader);
}

/* The frames of C are still true. */
static void a_stack_with_runs_that_cannot_be_is_read_without_them(void **state)
{
	const char text[] =
		"{\"ev\":\"stack\",\"t\":1,\"pid\":1,\"id\":4,\"frames\":[],\"py\":[],\"py_runs\":[1,-1]}\n"
		"{\"ev\":\"stack\",\"t\":2,\"pid\":1,\"id\":4,\"frames\":[],\"py\":[],\"py_runs\":[\"1\"]}\n"
		"{\"ev\":\"stack\",\"t\":3,\"pid\":1,\"id\":4,\"frames\":[],\"py\":[],\"py_runs\":1}\n" LINE(4);
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	const struct trace_event *event;
	for (int64_t t = 1; t <= 3; t++) {
		assert_non_null(event = trace_reader_next(reader));
		assert_int_equal(event->t, t);
		assert_int_equal(event->n_runs, 0);
	}
	assert_times(reader, (int64_t[]){4}, 1);
	trace_reader_free(reader);
}

static void a_number_out_of_range_costs_its_key(void **state)
{
	const char text[] = "{\"ev\":\"leak\",\"t\":7000000000000000001,\"pid\":1,\"fd\":4,\"sock\":3,\"gap\":"
			    "18446744073709551612,\"rx\":5,"
			    "\"tx\":1e999,\"peer\":\"99999999999999999999 \\\" -1e999\"}\n"
			    "{\"ev\":\"leak\",\"t\":7000000000000000002,\"pid\":1,\"fd\":99999999999999999999}\n"
			    "{\"ev\":\"leak\",\"t\":7000000000000000003,\"pid\":1,\"fd\":5,\"more\":["
			    "99999999999999999999,{\"a\":-1e999}]}\n";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	const struct trace_event *event = trace_reader_next(reader);
	assert_non_null(event);
	assert_int_equal(event->t, 7000000000000000001);
	assert_int_equal(event->gap, -1);
	assert_int_equal(event->tx, -1);
	assert_int_equal(event->rx, 5);
	assert_int_equal(event->sock, 3);
	assert_string_equal(event->peer, "99999999999999999999 \" -1e999");
	assert_times(reader, (int64_t[]){7000000000000000003}, 1);
	trace_reader_free(reader);
}

static void a_time_in_a_nested_value_is_not_the_lines_time(void **state)
{
	const char text[] =
		"{\"nested\":[{\"t\":9}],\"x\":{\"t\":8},\"y\":\"\\\"t\\\":7\",\"ev\":\"exit\",\"t\":5,\"pid\":1}\n";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	assert_int_equal(trace_reader_next(reader)->t, 5);
	trace_reader_free(reader);
}

static void torn_lines_are_counted(void **state)
{
	const char text[] = LINE(1) "{\"ev\":\"exit\",\"t\":2,\"pi\n\n\n" LINE(3) "{\"ev\":\"ex";
	struct trace_reader *reader = reader_of(*state, text, sizeof text - 1);
	assert_times(reader, (int64_t[]){1, 3}, 2);
	assert_int_equal(trace_reader_torn(reader), 2);
	trace_reader_free(reader);
}

static void a_line_is_torn_wherever_it_was_cut(void **state)
{
	const char whole[] = "{\"ev\":\"fd\",\"t\":2,\"pid\":1,\"fd\":-3,\"from\":null,\"inherited\":true,\"x\":[1.5e3,"
			     "\"\\u00e9\\\"}\"],\"y\":false}";
	for (size_t cut = 1; cut < sizeof whole - 1; cut++) {
		char text[400];
		int n = snprintf(text, sizeof text, "%.*s\n\n" LINE(3), (int)cut, whole);
		struct trace_reader *reader = reader_of(*state, text, (size_t)n);
		assert_times(reader, (int64_t[]){3}, 1);
		if (trace_reader_torn(reader) != 1)
			fail_msg("expected one torn line: %.*s", (int)cut, whole);
		trace_reader_free(reader);
	}
}

/* What the file holds from `offset` on; the rest stays. */
static void put(const struct file *file, long offset, const char *text)
{
	FILE *out = fopen(file->path, "r+");
	assert_non_null(out);
	assert_int_equal(fseek(out, offset, SEEK_SET), 0);
	assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
	fclose(out);
}

/* A file whose threads have blocks of newlines, as the shim makes it. */
static struct trace_reader *follower_of(const struct file *file)
{
	char text[4096];
	struct trace_reader *reader = trace_reader_new();
	memset(text, '\n', sizeof text);
	memcpy(text, LINE(10), sizeof LINE(10) - 1);
	memcpy(text + 1024, LINE(15), sizeof LINE(15) - 1);
	FILE *out = fopen(file->path, "w");
	assert_int_equal(fwrite(text, 1, sizeof text, out), sizeof text);
	fclose(out);
	trace_reader_follow(reader);
	assert_int_equal(trace_reader_add(reader, file->path), 0);
	assert_times(reader, (int64_t[]){10, 15}, 2);
	return reader;
}

static void what_is_written_later_is_read_once(void **state)
{
	struct trace_reader *reader = follower_of(*state);
	trace_reader_look(reader);
	assert_times(reader, NULL, 0);
	put(*state, sizeof LINE(10) - 1, LINE(40)); /* behind a line of its thread, before that of another */
	put(*state, 2048, LINE(30));		    /* in a block that was blank */
	put(*state, 4096, LINE(20) "\n\n\n");	    /* in one that was not there */
	trace_reader_look(reader);
	assert_int_equal(trace_reader_newest(reader), 40);
	assert_times(reader, (int64_t[]){20, 30, 40}, 3);
	trace_reader_look(reader);
	assert_times(reader, NULL, 0);
	put(*state, 4096 + sizeof LINE(20) - 1, LINE(50));
	trace_reader_look(reader);
	assert_times(reader, (int64_t[]){50}, 1);
	trace_reader_free(reader);
}

static void a_line_that_is_not_whole_is_waited_for(void **state)
{
	static const char line[] = LINE(40);
	struct trace_reader *reader = follower_of(*state);
	for (size_t n = 1; n < sizeof line - 2; n++) {
		char part[sizeof line];
		snprintf(part, sizeof part, "%.*s", (int)n, line);
		put(*state, 2048, part);
		trace_reader_look(reader);
		assert_times(reader, NULL, 0);
		assert_int_equal(trace_reader_torn(reader), 0);
	}
	put(*state, 2048, line);
	trace_reader_look(reader);
	assert_times(reader, (int64_t[]){40}, 1);
	trace_reader_free(reader);
}

static void what_is_later_waits(void **state)
{
	struct trace_reader *reader = follower_of(*state);
	put(*state, 2048, LINE(20) LINE(60));
	trace_reader_look(reader);
	assert_int_equal(trace_reader_next_until(reader, 50)->t, 20);
	assert_null(trace_reader_next_until(reader, 50));
	put(*state, 3072, LINE(55));
	trace_reader_look(reader);
	assert_times(reader, (int64_t[]){55, 60}, 2);
	trace_reader_free(reader);
}

static void a_file_that_is_cut_or_gone_ends(void **state)
{
	const struct file *file = *state;
	struct trace_reader *reader = follower_of(file);
	assert_int_equal(truncate(file->path, 1500), 0);
	trace_reader_look(reader);
	assert_times(reader, NULL, 0);
	put(file, 1500, LINE(70)); /* the next program of the process writes on */
	trace_reader_look(reader);
	assert_times(reader, (int64_t[]){70}, 1);
	assert_int_equal(truncate(file->path, 0), 0);
	trace_reader_look(reader);
	assert_times(reader, NULL, 0);
	unlink(file->path);
	trace_reader_look(reader);
	assert_times(reader, NULL, 0);
	trace_reader_free(reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(runs_are_merged_by_time),
		TEST(equal_times_keep_the_order_of_the_file),
		TEST(line_numbers_count_blank_lines),
		TEST(lines_longer_than_a_buffer_are_whole),
		TEST(what_a_line_lacks_is_told_from_zero),
		TEST(a_word_of_a_later_shim_is_none),
		TEST(frames_and_strings_are_read),
		TEST(two_arrays_of_numbers_in_a_line),
		TEST(a_stack_with_runs_that_cannot_be_is_read_without_them),
		TEST(a_number_out_of_range_costs_its_key),
		TEST(a_time_in_a_nested_value_is_not_the_lines_time),
		TEST(what_is_written_later_is_read_once),
		TEST(a_line_that_is_not_whole_is_waited_for),
		TEST(what_is_later_waits),
		TEST(a_file_that_is_cut_or_gone_ends),
		TEST(torn_lines_are_counted),
		TEST(a_line_is_torn_wherever_it_was_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
