/* judge: what adds up to one violation, and what does not; causes and severities are in tests/traces.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/judge.h"

static struct replay *replay;
static struct judge *judge;
static int64_t now;

static int set_up(void **state)
{
	(void)state;
	replay = replay_new();
	judge = judge_new();
	now = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	judge_free(judge);
	replay_free(replay);
	return 0;
}

static void give(struct event event)
{
	struct moment moment;
	const char *contradiction;
	event.t = ++now;
	event.pid = 1;
	if (replay_event(replay, &event, &moment, &contradiction))
		judge_moment(judge, &moment);
	assert_null(contradiction);
}

static struct event fact(const char *op, int64_t fd, int64_t sock, int64_t stack)
{
	return (struct event){.kind = EVENT_FD,
			      .tid = 1,
			      .op = op,
			      .fd = fd,
			      .sock = sock,
			      .stack = stack,
			      .from = STATE_NONE,
			      .to = STATE_NONE,
			      .newfd = NO_FD,
			      .listener = NO_FD,
			      .ret = 0,
			      .rx = -1,
			      .tx = -1};
}

static void made_and_closed(int64_t fd, int64_t sock, int64_t stack)
{
	struct event event = fact("socket", fd, sock, stack);
	event.to = STATE_CLOSED;
	give(event);
	event = fact("close", fd, sock, stack);
	event.from = event.to = STATE_CLOSED;
	give(event);
}

static void closed_again(int64_t tid, int64_t fd, int64_t sock, int64_t stack)
{
	struct event event = fact("close", fd, sock, stack);
	event.tid = tid;
	event.violation = "double-close";
	give(event);
}

static void sweep(int64_t tid, int64_t first, int64_t last)
{
	struct event event = fact("close", first, -1, -1);
	event.tid = tid;
	event.newfd = last;
	event.note = "sweep";
	give(event);
}

static void stack(int64_t id, uint64_t offset)
{
	struct event_frame frame = {.module = 1, .offset = offset};
	give((struct event){.kind = EVENT_STACK, .id = id, .frames = &frame, .n_frames = 1});
}

static struct finding *const *findings(size_t wanted)
{
	size_t n;
	replay_finish(replay);
	judge_finish(judge, replay);
	struct finding *const *all = judge_findings(judge, &n);
	assert_int_equal(n, wanted);
	return all;
}

static void the_same_stacks_are_one_violation(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 3; i++) {
		made_and_closed(3 + i, 1 + i, 7);
		closed_again(1, 3 + i, 1 + i, 8);
	}
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->count, 3);
	assert_int_equal(finding->fds.n, 3);
	assert_int_equal(finding->pids.n, 1);
	assert_string_equal(finding->message, "close of a descriptor whose socket is closed already");
}

static void other_stacks_are_another_violation(void **state)
{
	(void)state;
	stack(7, 70);
	stack(8, 80);
	stack(9, 90);
	made_and_closed(3, 1, 7);
	closed_again(1, 3, 1, 8);
	closed_again(1, 3, 1, 9);
	findings(2);
}

/* The shim gives a stack a second number when two threads meet it first at once. */
static void stacks_are_compared_by_content(void **state)
{
	(void)state;
	made_and_closed(3, 1, 7);
	closed_again(1, 3, 1, 8);
	closed_again(1, 3, 1, 9);
	stack(8, 80);
	stack(9, 80);
	assert_int_equal((*findings(1))->count, 2);
}

static void a_sweep_takes_back_what_led_to_it(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 4; i++)
		made_and_closed(3 + i, 1 + i, 7);
	closed_again(1, 3, 1, 8);
	closed_again(1, 4, 2, 8);
	closed_again(2, 5, 3, 8); /* another thread's */
	closed_again(1, 6, 4, 8);
	sweep(1, 3, 6);
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->count, 1);
	assert_int_equal(finding->fds.values[0], 5);
}

static void a_sweep_downwards_does_too(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 3; i++)
		made_and_closed(3 + i, 1 + i, 7);
	closed_again(1, 5, 3, 8);
	closed_again(1, 4, 2, 8);
	closed_again(1, 3, 1, 8);
	sweep(1, 5, 3);
	findings(0);
}

static void the_same_number_thrice_is_no_sweep(void **state)
{
	(void)state;
	made_and_closed(3, 1, 7);
	for (int i = 0; i < 3; i++)
		closed_again(1, 3, 1, 8);
	assert_int_equal((*findings(1))->count, 3);
}

static void an_unknown_tag_is_told(void **state)
{
	(void)state;
	uint64_t count;
	struct event event = fact("socket", 3, 1, 7);
	event.to = STATE_CLOSED;
	give(event);
	event = fact("close", 3, 1, 7);
	event.from = event.to = STATE_CLOSED;
	event.violation = "from-the-future";
	give(event);
	findings(0);
	assert_string_equal(judge_unknown_tag(judge, &count), "from-the-future");
	assert_int_equal(count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_same_stacks_are_one_violation),
		TEST(other_stacks_are_another_violation),
		TEST(stacks_are_compared_by_content),
		TEST(a_sweep_takes_back_what_led_to_it),
		TEST(a_sweep_downwards_does_too),
		TEST(the_same_number_thrice_is_no_sweep),
		TEST(an_unknown_tag_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
