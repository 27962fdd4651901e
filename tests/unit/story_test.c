/* story: what a life keeps of the calls on it, in which order, and how much of that at most.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/base/util.h"
#include "analyzer/replay/lives.h"
#include "analyzer/replay/story.h"

static struct traced_process process;
static struct socket_life life;
static struct stack_ref places[16];
static int64_t now;

static int set_up(void **state)
{
	(void)state;
	now = 0;
	process = (struct traced_process){.pid = 7};
	life = (struct socket_life){.process = &process, .made = true, .tid = 7, .t = ++now};
	life.opened_op = intern("socket");
	life.opened = &places[0];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(life.past);
	return 0;
}

static void call_by(int64_t tid, const char *op, const char *error, struct stack_ref *place)
{
	struct trace_event event = {
		.op = op, .error = error, .tid = tid, .t = ++now, .from = STATE_CLOSED, .to = STATE_CLOSED};
	story_learn(&(struct moment){.event = &event, .process = &process, .life = &life, .stack = place});
}

static void call(const char *op, const char *error, struct stack_ref *place) { call_by(7, op, error, place); }

static void a_story_begins_with_the_opening_and_goes_on_in_order(void **state)
{
	(void)state;
	call("bind", NULL, NULL);
	call("connect", "ECONNREFUSED", &places[1]);
	struct story story = story_of(&life);
	assert_int_equal(story.n, 3);
	assert_string_equal(story.steps[0].op, "socket");
	assert_ptr_equal(story.steps[0].stack, &places[0]);
	assert_int_equal(story.steps[0].pid, 7);
	assert_string_equal(story.steps[1].op, "bind");
	assert_null(story.steps[1].error);
	assert_string_equal(story.steps[2].op, "connect");
	assert_string_equal(story.steps[2].error, "ECONNREFUSED");
	assert_ptr_equal(story.steps[2].stack, &places[1]);
}

static void equal_calls_in_a_row_are_one(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		call("connect", "ECONNREFUSED", &places[1]);
	call("connect", "ECONNREFUSED", &places[2]);
	call("connect", "ETIMEDOUT", &places[2]);
	call_by(8, "connect", "ETIMEDOUT", &places[2]);
	struct story story = story_of(&life);
	assert_int_equal(story.n, 5);
	assert_int_equal(story.steps[1].count, 100);
	assert_int_equal(story.steps[1].t, 2); /* the first of them */
	for (int i = 2; i < 5; i++)
		assert_int_equal(story.steps[i].count, 1);
}

static void of_many_the_last_few_are_kept(void **state)
{
	(void)state;
	call("connect", "EINTR", NULL);
	call("connect", "EINTR", NULL);
	for (int i = 0; i < 1000; i++)
		call("connect", "ECONNREFUSED", &places[i % 8]);
	struct story story = story_of(&life);
	assert_int_equal(story.n, STORY_STEPS);
	assert_string_equal(story.steps[0].op, "socket");
	assert_int_equal(story.steps[0].omitted, 0);
	assert_int_equal(story.steps[1].omitted, 997);
	for (int i = 1; i < STORY_STEPS; i++) {
		assert_int_equal(story.steps[i].t, now - STORY_STEPS + 1 + i);
		assert_true(i == 1 || story.steps[i].omitted == 0);
	}
}

static void a_step_told_late_stands_where_it_belongs(void **state)
{
	(void)state;
	call("shutdown", NULL, NULL);
	call("close", NULL, NULL);
	struct story story = story_of(&life);
	story_add(&story, step_at("recv", &places[3], 2, 9, 9));
	assert_int_equal(story.n, 4);
	assert_string_equal(story.steps[1].op, "shutdown"); /* of the same time, and told before */
	assert_string_equal(story.steps[2].op, "recv");
	assert_int_equal(story.steps[2].pid, 9);
	assert_string_equal(story.steps[3].op, "close");
}

static void a_full_story_keeps_its_beginning_and_its_end(void **state)
{
	(void)state;
	for (int i = 0; i < STORY_STEPS - 1; i++)
		call("recv", NULL, &places[i]);
	struct story story = story_of(&life);
	story_add(&story, step_at("close", NULL, now + 1, 7, 7));
	assert_int_equal(story.n, STORY_STEPS);
	assert_string_equal(story.steps[0].op, "socket");
	assert_ptr_equal(story.steps[1].stack, &places[1]);
	assert_int_equal(story.steps[1].omitted, 1);
	assert_string_equal(story.steps[STORY_STEPS - 1].op, "close");
}

static void a_state_is_told_where_the_call_changed_it(void **state)
{
	(void)state;
	call("bind", NULL, NULL);
	struct trace_event event = {.op = "recv", .t = ++now, .from = STATE_ESTABLISHED, .to = STATE_CLOSE_WAIT};
	story_learn(&(struct moment){.event = &event, .process = &process, .life = &life});
	struct story story = story_of(&life);
	assert_int_equal(story.steps[1].to, STATE_ABSENT);
	assert_int_equal(story.steps[2].to, STATE_CLOSE_WAIT);
}

static void a_close_that_nobody_saw_is_not_told_as_the_call_that_noticed(void **state)
{
	(void)state;
	struct trace_event event = {.op = "socket", .t = ++now, .note = NOTE_closed_unseen};
	story_learn(&(struct moment){.event = &event, .process = &process, .life = &life});
	struct story story = story_of(&life);
	assert_int_equal(story.n, 2);
	assert_string_equal(story.steps[1].op, "closed-unseen");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_story_begins_with_the_opening_and_goes_on_in_order),
		TEST(equal_calls_in_a_row_are_one),
		TEST(of_many_the_last_few_are_kept),
		TEST(a_step_told_late_stands_where_it_belongs),
		TEST(a_full_story_keeps_its_beginning_and_its_end),
		TEST(a_state_is_told_where_the_call_changed_it),
		TEST(a_close_that_nobody_saw_is_not_told_as_the_call_that_noticed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	intern_forget();
	return failed;
}
