/* carried: what is known of sockets whose lines gave way to max_bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyzer/read/trace_keys.h"
#include "analyzer/replay/replay.h"

enum { PID = 7, PLACE = 5 };

static struct replay *replay;
static struct moment moment;
static const char *contradiction;
static int64_t now;

static int set_up(void **state)
{
	(void)state;
	replay = replay_new();
	now = 100;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	replay_free(replay);
	return 0;
}

static struct trace_event line(enum event_kind kind)
{
	struct trace_event event = trace_event_blank;
	event.kind = kind;
	event.t = ++now;
	event.pid = event.tid = PID;
	return event;
}

static void give(const struct trace_event *event)
{
	replay_event(replay, event, &moment, &contradiction);
	assert_null(contradiction);
}

static void fact(const char *op, int64_t fd, int64_t sock, enum state from, enum state to)
{
	struct trace_event event = line(EVENT_FD);
	event.op = op;
	event.fd = fd;
	event.sock = sock;
	event.from = from;
	event.to = to;
	event.ret = 0;
	event.stack = PLACE;
	give(&event);
}

static void make(int64_t fd, int64_t sock) { fact("socket", fd, sock, STATE_NONE, STATE_CLOSED); }
static void shut(int64_t fd, int64_t sock) { fact("close", fd, sock, STATE_CLOSED, STATE_CLOSED); }

static void end_round(int64_t number, int64_t since, int64_t lines)
{
	struct trace_event event = line(EVENT_ROUND);
	event.round = number;
	event.since = since;
	event.lines = lines;
	give(&event);
}

static void checkpoint(int64_t fd, int64_t sock, int64_t made, int64_t round)
{
	struct trace_event event = line(EVENT_CHECKPOINT);
	event.fd = fd;
	event.sock = sock;
	event.made = made;
	event.op = "socket";
	event.state = STATE_CLOSED;
	event.stack = PLACE;
	event.round = round;
	give(&event);
}

static void place(int64_t closed, int64_t open)
{
	struct trace_event event = line(EVENT_PLACE);
	event.stack = PLACE;
	event.closed = closed;
	event.open = open;
	give(&event);
}

static uint64_t sockets(void) { return replay_totals(replay).sockets; }
static uint64_t open(void) { return replay_processes(replay)->open; }

static void what_a_place_closed_is_counted_once(void **state)
{
	(void)state;
	end_round(0, 0, 0);
	make(3, 1);
	shut(3, 1);
	place(10, -1);
	assert_int_equal(sockets(), 10);
	make(3, 20);
	shut(3, 20);
	place(12, -1); /* that one, and another whose lines are gone */
	assert_int_equal(sockets(), 12);
}

static void what_was_closed_before_the_bounds_is_not_in_the_sum(void **state)
{
	(void)state;
	make(3, 1);
	shut(3, 1);
	end_round(0, 0, 0);
	place(4, -1);
	assert_int_equal(sockets(), 5);
}

static void what_has_no_checkpoint_was_closed(void **state)
{
	(void)state;
	make(3, 1);
	make(4, 2);
	end_round(0, 0, 0);
	checkpoint(4, 2, 102, 1);
	end_round(1, now, 1);
	assert_int_equal(open(), 1);
	place(1, -1);
	assert_int_equal(sockets(), 2);
}

static void a_round_that_is_not_whole_closes_nothing(void **state)
{
	(void)state;
	make(3, 1);
	make(4, 2);
	end_round(0, 0, 0);
	checkpoint(4, 2, 102, 1);
	end_round(1, now, 2);
	assert_int_equal(open(), 2);
}

static void a_round_closes_nothing_that_was_made_since(void **state)
{
	(void)state;
	end_round(0, 0, 0);
	make(3, 1);
	end_round(1, now - 1, 0);
	assert_int_equal(open(), 1);
}

static void a_checkpoint_tells_of_what_no_line_made(void **state)
{
	(void)state;
	end_round(0, 0, 0);
	checkpoint(3, 9, 50, 1);
	checkpoint(3, 9, 50, 2);
	assert_int_equal(open(), 1);
	assert_int_equal(sockets(), 1);
	shut(3, 9);
	assert_int_equal(open(), 0);
	place(1, -1);
	assert_int_equal(sockets(), 1);
}

static void at_the_end_what_is_open_is_counted_too(void **state)
{
	(void)state;
	make(3, 1); /* closed by a line that is gone */
	end_round(0, 0, 0);
	place(1, 2); /* and two are open that no line is about */
	assert_int_equal(sockets(), 3);
	place(1, 0);
	assert_int_equal(sockets(), 1);
}

static void a_close_of_what_is_not_known_is_no_contradiction(void **state)
{
	(void)state;
	end_round(0, 0, 0);
	make(3, 1);
	shut(3, 8); /* its opening, and the close of the former, are gone */
	assert_int_equal(open(), 0);
	shut(4, 9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_a_place_closed_is_counted_once),
		TEST(what_was_closed_before_the_bounds_is_not_in_the_sum),
		TEST(what_has_no_checkpoint_was_closed),
		TEST(a_round_that_is_not_whole_closes_nothing),
		TEST(a_round_closes_nothing_that_was_made_since),
		TEST(a_checkpoint_tells_of_what_no_line_made),
		TEST(at_the_end_what_is_open_is_counted_too),
		TEST(a_close_of_what_is_not_known_is_no_contradiction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
