/* What a process puts on the board: each death by a signal that it was told of, the first ones with their numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/state/board.h"
#include "shim/state/options.h"
#include "shim/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* A board of zeros that the shim has mapped too; it stays to the end of the test program. */
static struct board *new_board(void)
{
	char name[600];
	snprintf(options.log_path, sizeof options.log_path, "%s/t", new_folder());
	snprintf(name, sizeof name, "%.512s.board", options.log_path);
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, sizeof(struct board)), 0);
	struct board *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(page != MAP_FAILED);
	options.board = 1;
	board_open();
	assert_int_equal(page->observed, 1);
	close(fd);
	return page;
}

static void without_a_board_nothing_happens(void **state)
{
	(void)state;
	assert_null(board_at_hand());
	process_death(100, 9);
}

static void a_death_is_put_with_its_signal_and_time(void **state)
{
	(void)state;
	struct board *page = new_board();
	errno = 12345;
	process_death(100, 9);
	process_death(101, 13);
	assert_int_equal(errno, 12345);
	assert_int_equal(page->deaths, 2);
	assert_int_equal(page->death[0].pid, 100);
	assert_int_equal(page->death[0].signal, 9);
	assert_int_equal(page->death[1].pid, 101);
	assert_int_equal(page->death[1].signal, 13);
	assert_true(page->death[0].t > 0 && page->death[1].t > page->death[0].t);
	assert_int_equal(page->death[2].pid, 0);
}

static void die(unsigned number)
{
	for (int i = 0; i < 100; i++)
		process_death((int)(1000 + number), 1 + (int)number);
}

static void more_deaths_than_there_is_room_for_are_counted(void **state)
{
	(void)state;
	struct board *page = new_board();
	in_threads(die);
	assert_int_equal(page->deaths, THREADS * 100);
	for (size_t i = 0; i < BOARD_DEATHS && i < THREADS * 100; i++)
		assert_int_equal(page->death[i].pid, 999 + page->death[i].signal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_board_nothing_happens),
		cmocka_unit_test(a_death_is_put_with_its_signal_and_time),
		cmocka_unit_test(more_deaths_than_there_is_room_for_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
