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

#include "analyzer/judge/judge.h"
#include "analyzer/replay/ends.h"

static struct replay *replay;
static struct judge *judge;
static int64_t now;

static int set_up(void **state)
{
	(void)state;
	replay = replay_new();
	judge = judge_new(NULL);
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

static void give(struct trace_event event)
{
	struct moment moment;
	const char *contradiction;
	event.t = ++now;
	event.pid = 1;
	if (replay_event(replay, &event, &moment, &contradiction))
		judge_moment(judge, &moment);
	assert_null(contradiction);
}

static struct trace_event fact(const char *op, int64_t fd, int64_t sock, int64_t stack)
{
	return (struct trace_event){.kind = EVENT_FD,
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
	struct trace_event event = fact("socket", fd, sock, stack);
	event.to = STATE_CLOSED;
	give(event);
	event = fact("close", fd, sock, stack);
	event.from = event.to = STATE_CLOSED;
	give(event);
}

static void closed_again(int64_t tid, int64_t fd, int64_t sock, int64_t stack)
{
	struct trace_event event = fact("close", fd, sock, stack);
	event.tid = tid;
	event.violation = "double-close";
	give(event);
}

static void sweep(int64_t tid, int64_t first, int64_t last)
{
	struct trace_event event = fact("close", first, -1, -1);
	event.tid = tid;
	event.newfd = last;
	event.note = NOTE_sweep;
	give(event);
}

static void stack(int64_t id, uint64_t offset)
{
	struct event_frame frame = {.module = 1, .offset = offset};
	give((struct trace_event){.kind = EVENT_STACK, .id = id, .frames = &frame, .n_frames = 1});
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
	assert_string_equal(finding->message, "close of a descriptor whose socket is already closed");
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

/* -- stale closes: the victim's EBADF is the sign, whatever the shim tagged it with ----------------------------- */

enum { CLOSER = 11, VICTIM = 12 };

static void made_by(int64_t tid, int64_t fd, int64_t sock, int64_t stack)
{
	struct trace_event event = fact("socket", fd, sock, stack);
	event.tid = tid;
	event.to = STATE_CLOSED;
	give(event);
}

static void closed_by(int64_t tid, int64_t fd, int64_t sock, int64_t stack, const char *tag)
{
	struct trace_event event = fact("close", fd, sock, stack);
	event.tid = tid;
	event.from = event.to = STATE_CLOSED;
	event.violation = tag;
	give(event);
}

static void missed_by(int64_t tid, const char *op, int64_t fd, int64_t sock, int64_t stack, const char *tag)
{
	struct trace_event event = fact(op, fd, sock, stack);
	event.tid = tid;
	event.ret = -1;
	event.error = "EBADF";
	event.violation = tag;
	give(event);
}

/* The closer had the number before, and closes what the victim made on it. */
static void closed_stale(const char *tag)
{
	made_by(CLOSER, 5, 1, 1);
	closed_by(CLOSER, 5, 1, 2, NULL);
	made_by(VICTIM, 5, 2, 3);
	closed_by(CLOSER, 5, 2, 4, tag);
}

static void a_stale_close_is_counted_once(void **state)
{
	(void)state;
	closed_stale(NULL);
	missed_by(VICTIM, "send", 5, 2, 5, "use-after-close");
	missed_by(VICTIM, "close", 5, 2, 6, "double-close");
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->code, VIOLATION_stale_close);
	assert_int_equal(finding->count, 1);
	assert_int_equal(finding->stacks[ROLE_OPENED]->id, 3);
	assert_int_equal(finding->stacks[ROLE_CLOSED]->id, 2);
	assert_int_equal(finding->stacks[ROLE_AT]->id, 4);
}

static void what_the_shim_said_of_a_stale_close_is_taken_back(void **state)
{
	(void)state;
	closed_stale("close-in-use");
	stack(4, 40); /* which is known only after its use */
	missed_by(VICTIM, "close", 5, 2, 6, "double-close");
	assert_int_equal((*findings(1))->code, VIOLATION_stale_close);
}

static void a_socket_handed_to_its_closer_is_no_stale_close(void **state)
{
	(void)state;
	closed_stale(NULL);
	made_by(VICTIM, 5, 3, 3);
	closed_by(CLOSER, 5, 3, 4, NULL);
	findings(0);
}

static void a_closer_that_never_had_the_number_is_not_stale(void **state)
{
	(void)state;
	made_by(VICTIM, 5, 1, 1);
	closed_by(VICTIM, 5, 1, 2, NULL);
	made_by(VICTIM, 5, 2, 3);
	closed_by(CLOSER, 5, 2, 4, NULL);
	missed_by(VICTIM, "send", 5, 2, 5, "use-after-close");
	assert_int_equal((*findings(1))->code, VIOLATION_use_after_close);
}

static void a_closer_that_used_the_socket_had_it_by_right(void **state)
{
	(void)state;
	made_by(CLOSER, 5, 1, 1);
	closed_by(CLOSER, 5, 1, 2, NULL);
	made_by(VICTIM, 5, 2, 3);
	struct trace_event event = fact("close", 5, 2, 4);
	event.tid = CLOSER;
	event.used = true;
	event.from = event.to = STATE_CLOSED;
	give(event);
	missed_by(VICTIM, "send", 5, 2, 5, "use-after-close");
	assert_int_equal((*findings(1))->code, VIOLATION_use_after_close);
}

static void the_closer_itself_closes_twice(void **state)
{
	(void)state;
	closed_stale(NULL);
	missed_by(CLOSER, "close", 5, 2, 5, "double-close");
	assert_int_equal((*findings(1))->code, VIOLATION_double_close);
}

static void the_victim_of_a_close_in_use_is_not_counted(void **state)
{
	(void)state;
	made_by(VICTIM, 5, 1, 1);
	closed_by(CLOSER, 5, 1, 2, "close-in-use");
	missed_by(VICTIM, "recv", 5, 1, 3, "use-after-close");
	missed_by(VICTIM, "close", 5, 1, 4, "double-close");
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->code, VIOLATION_close_in_use);
	assert_null(finding->stacks[ROLE_CLOSED]); /* it is the place itself */
}

/* -- limits ----------------------------------------------------------------------------------------------------- */

static void limited(const struct limits *limits)
{
	judge_free(judge);
	judge = judge_new(limits);
}

static void waited(int64_t sock, int64_t ns, int64_t timeout)
{
	struct trace_event event = fact("recv", 5, sock, 4);
	event.from = event.to = STATE_ESTABLISHED;
	event.waited = ns;
	event.timeout = timeout;
	give(event);
}

static void a_wait_is_told_once_per_socket_and_past_the_limit(void **state)
{
	(void)state;
	struct limits limits = default_limits();
	limits.ns[VIOLATION_no_timeout] = 100;
	limited(&limits);
	made_by(1, 5, 1, 1);
	waited(1, 100, -1);
	waited(1, 101, 5);
	waited(1, 102, -1);
	waited(1, 103, -1);
	closed_by(1, 5, 1, 5, NULL);
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->code, VIOLATION_no_timeout);
	assert_int_equal(finding->count, 1);
	assert_int_equal(finding->amount, 102);
}

static struct trace_event eof(int64_t sock)
{
	struct trace_event event = fact("recv", 5, sock, -1);
	event.from = STATE_ESTABLISHED;
	event.to = STATE_CLOSE_WAIT;
	return event;
}

static void connected(int64_t sock)
{
	struct trace_event event = fact("accept", 5, sock, 1);
	event.to = STATE_ESTABLISHED;
	event.family = "AF_INET";
	event.type = "SOCK_STREAM";
	give(event);
}

static void ended(int64_t sock, enum state from, int64_t after, int64_t last, int64_t gap)
{
	struct trace_event event = fact("close", 5, sock, 2);
	now += after;
	event.from = from;
	event.to = STATE_CLOSED;
	event.last = last;
	event.gap = gap;
	give(event);
}

static void a_silent_peer_that_is_gone_is_close_wait_alone(void **state)
{
	(void)state;
	struct limits limits = {.ns = {[VIOLATION_close_wait] = 50, [VIOLATION_idle] = 20, [VIOLATION_no_timeout] = 1}};
	limited(&limits);
	connected(1);
	give(eof(1));
	ended(1, STATE_CLOSE_WAIT, 100, 0, 90);
	connected(2); /* soon closed after its peer: neither */
	give(eof(2));
	ended(2, STATE_CLOSE_WAIT, 40, 0, 0);
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->code, VIOLATION_close_wait);
	assert_int_equal(finding->amount, 101);
}

static void silence_is_measured_from_the_last_byte(void **state)
{
	(void)state;
	struct limits limits = {.ns = {[VIOLATION_close_wait] = 50, [VIOLATION_idle] = 20, [VIOLATION_no_timeout] = 1}};
	limited(&limits);
	connected(1);
	ended(1, STATE_ESTABLISHED, 100, 90, 0); /* 12 since the last byte */
	connected(2);
	ended(2, STATE_ESTABLISHED, 100, now + 50, 0); /* 51 */
	connected(3);
	ended(3, STATE_ESTABLISHED, 100, now + 95, 30); /* in between */
	const struct finding *finding = *findings(1);
	assert_int_equal(finding->code, VIOLATION_idle);
	assert_int_equal(finding->count, 2);
	assert_int_equal(finding->amount, 51);
}

static void an_unknown_tag_is_told(void **state)
{
	(void)state;
	uint64_t count;
	struct trace_event event = fact("socket", 3, 1, 7);
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

static void a_socket_is_called_by_its_family_and_type(void **state)
{
	(void)state;
	assert_string_equal(kind_of_socket("AF_INET6", "SOCK_STREAM"), "TCP socket");
	assert_string_equal(kind_of_socket("AF_UNIX", "SOCK_DGRAM"), "Unix datagram socket");
	assert_string_equal(kind_of_socket("AF_UNIX", "SOCK_SEQPACKET"), "Unix socket");
	assert_string_equal(kind_of_socket("AF_NETLINK", "SOCK_RAW"), "netlink socket");
	assert_string_equal(kind_of_socket("AF_45", "SOCK_STREAM"), "socket");
	assert_string_equal(kind_of_socket(NULL, NULL), "socket");
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
		TEST(a_stale_close_is_counted_once),
		TEST(what_the_shim_said_of_a_stale_close_is_taken_back),
		TEST(a_socket_handed_to_its_closer_is_no_stale_close),
		TEST(a_closer_that_never_had_the_number_is_not_stale),
		TEST(a_closer_that_used_the_socket_had_it_by_right),
		TEST(the_closer_itself_closes_twice),
		TEST(the_victim_of_a_close_in_use_is_not_counted),
		TEST(a_wait_is_told_once_per_socket_and_past_the_limit),
		TEST(a_silent_peer_that_is_gone_is_close_wait_alone),
		TEST(silence_is_measured_from_the_last_byte),
		TEST(an_unknown_tag_is_told),
		TEST(a_socket_is_called_by_its_family_and_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
