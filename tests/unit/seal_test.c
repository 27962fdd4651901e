/* The final form of a trace: what is cut, what is blanked, and what is left alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/launch/seal.h"

static char path[] = "/tmp/seal-test-XXXXXX";

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
}

static void expect_file(const char *text)
{
	char buffer[4096] = "";
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, buffer, sizeof buffer - 1);

	close(fd);
	assert_true(size >= 0);
	assert_string_equal(buffer, text);
	assert_int_equal(size, strlen(text));
}

static void becomes(const char *before, const char *after, long torn)
{
	write_file(before, strlen(before));
	assert_int_equal(seal_end(path), 0);
	assert_int_equal(seal_torn(path), torn);
	expect_file(after);
}

static void padding_after_the_last_line_goes(void **state)
{
	(void)state;
	becomes("{\"a\":1}\n\n\n\n", "{\"a\":1}\n", 0);
}

static void padding_between_lines_stays(void **state)
{
	(void)state;
	becomes("{\"a\":1}\n\n\n{\"b\":2}\n", "{\"a\":1}\n\n\n{\"b\":2}\n", 0);
}

static void a_file_of_padding_becomes_empty(void **state)
{
	(void)state;
	becomes("\n\n\n", "", 0);
	becomes("", "", 0);
}

static void padding_longer_than_a_block_goes(void **state)
{
	static char text[3 * 4096 + 100];

	(void)state;
	memset(text, '\n', sizeof text);
	memcpy(text, "{\"a\":1}", 7);
	write_file(text, sizeof text);
	assert_int_equal(seal_end(path), 0);
	expect_file("{\"a\":1}\n");
}

static void torn_lines_become_blank(void **state)
{
	(void)state;
	becomes("{\"a\":1}\n{\"b\":\n{\"c\":3}\n", "{\"a\":1}\n     \n{\"c\":3}\n", 1);
	becomes("{\"a\":1}\n{\"b\":\"x", "{\"a\":1}\n       ", 1);
	becomes("b\":2}\n{\"c\":3}\n", "     \n{\"c\":3}\n", 1);
	becomes("{\"a\":\"}\n", "       \n", 1);
	becomes("{\"a\":[1}\n", "        \n", 1);
	becomes("{\"a\":1}{\"b\":2}\n", "              \n", 1);
}

static void whole_lines_with_brackets_in_strings_stay(void **state)
{
	(void)state;
	becomes("{\"argv\":[\"}\",\"\\\"{\",\"\\\\\"]}\n", "{\"argv\":[\"}\",\"\\\"{\",\"\\\\\"]}\n", 0);
}

static void a_line_with_a_nul_byte_becomes_blank(void **state)
{
	(void)state;
	write_file("{\"a\":\"\0\"}\n", 10);
	assert_int_equal(seal_torn(path), 1);
	expect_file("         \n");
}

static void a_file_that_is_open_for_writing_is_left_alone(void **state)
{
	(void)state;
	write_file("{\"a\":\n\n", 7);
	int fd = open(path, O_RDWR);

	assert_int_equal(seal_end(path), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(seal_torn(path), -1);
	close(fd);
	expect_file("{\"a\":\n\n");
}

static void a_file_that_is_only_mapped_is_left_alone(void **state)
{
	(void)state;
	write_file("{\"a\":\n\n", 7);
	int fd = open(path, O_RDWR);
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	assert_true(map != MAP_FAILED);
	assert_int_equal(seal_end(path), -1);
	assert_int_equal(errno, EBUSY);
	munmap(map, 4096);
	assert_int_equal(seal_end(path), 0);
}

static void a_reader_does_not_hinder(void **state)
{
	(void)state;
	write_file("{}\n\n", 4);
	int fd = open(path, O_RDONLY);

	assert_int_equal(seal_end(path), 0);
	close(fd);
	expect_file("{}\n");
}

static void links_are_not_followed(void **state)
{
	char name[64];

	(void)state;
	write_file("{}\n\n", 4);
	snprintf(name, sizeof name, "%s.link", path);
	assert_int_equal(symlink(path, name), 0);
	assert_int_equal(seal_end(name), -1);
	assert_int_equal(seal_torn(name), -1);
	unlink(name);
	expect_file("{}\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(padding_after_the_last_line_goes),
		cmocka_unit_test(padding_between_lines_stays),
		cmocka_unit_test(a_file_of_padding_becomes_empty),
		cmocka_unit_test(padding_longer_than_a_block_goes),
		cmocka_unit_test(torn_lines_become_blank),
		cmocka_unit_test(whole_lines_with_brackets_in_strings_stay),
		cmocka_unit_test(a_line_with_a_nul_byte_becomes_blank),
		cmocka_unit_test(a_file_that_is_open_for_writing_is_left_alone),
		cmocka_unit_test(a_file_that_is_only_mapped_is_left_alone),
		cmocka_unit_test(a_reader_does_not_hinder),
		cmocka_unit_test(links_are_not_followed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
