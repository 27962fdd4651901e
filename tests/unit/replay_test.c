/* replay: which life a descriptor has at each moment, in one process and across a family.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "analyzer/replay/cookie.h"
#include "analyzer/replay/ends.h"
#include "analyzer/replay/ops.h"

static struct replay *replay;
static struct moment moment;
static const char *contradiction;
static int64_t now;

static int set_up(void **state)
{
	(void)state;
	replay = replay_new();
	now = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	replay_free(replay);
	return 0;
}

static struct trace_event line(enum event_kind kind, int64_t pid)
{
	return (struct trace_event){.kind = kind,
				    .t = ++now,
				    .pid = pid,
				    .tid = pid,
				    .file = (unsigned)pid,
				    .start = -1,
				    .schema = 1,
				    .sock = -1,
				    .stack = -1,
				    .rx = -1,
				    .tx = -1,
				    .newfd = NO_FD,
				    .listener = NO_FD,
				    .ret = NO_RET,
				    .fd = NO_FD,
				    .status = 0,
				    .dropped = 0};
}

static void give(const struct trace_event *event) { replay_event(replay, event, &moment, &contradiction); }

static struct trace_event fact(int64_t pid, const char *op, int64_t fd, int64_t sock, enum state from, enum state to)
{
	struct trace_event event = line(EVENT_FD, pid);
	event.op = op;
	event.fd = fd;
	event.sock = sock;
	event.from = from;
	event.to = to;
	event.ret = 0;
	return event;
}

static void make(int64_t pid, int64_t fd, int64_t sock)
{
	struct trace_event event = fact(pid, "socket", fd, sock, STATE_NONE, STATE_CLOSED);
	event.ret = fd;
	give(&event);
	assert_null(contradiction);
}

static void shut(int64_t pid, int64_t fd, int64_t sock, enum state from, enum state to)
{
	struct trace_event event = fact(pid, "close", fd, sock, from, to);
	give(&event);
}

static void share(int64_t pid, const char *op, int64_t fd, int64_t sock, const char *cookie)
{
	struct trace_event event = fact(pid, op, fd, sock, STATE_ESTABLISHED, STATE_ESTABLISHED);
	event.cookie = cookie;
	give(&event);
	assert_null(contradiction);
}

static void inherit(int64_t pid, int64_t fd, int64_t sock, const char *cookie)
{
	struct trace_event event = fact(pid, "fork", fd, sock, STATE_NONE, STATE_ESTABLISHED);
	event.ret = NO_RET;
	event.cookie = cookie;
	event.inherited = true;
	give(&event);
	assert_null(contradiction);
}

static void leave(int64_t pid)
{
	struct trace_event event = line(EVENT_EXIT, pid);
	give(&event);
}

static void leak(int64_t pid, int64_t fd, int64_t sock)
{
	struct trace_event event = line(EVENT_LEAK, pid);
	event.fd = fd;
	event.sock = sock;
	event.state = STATE_ESTABLISHED;
	give(&event);
}

static void start(int64_t pid, enum how how, int64_t started)
{
	struct trace_event event = line(EVENT_PROCESS, pid);
	event.how = how;
	event.start = started;
	give(&event);
}

static void a_number_remembers_its_last_life(void **state)
{
	(void)state;
	make(1, 3, 1);
	shut(1, 3, 1, STATE_CLOSED, STATE_CLOSED);
	struct trace_event again = fact(1, "close", 3, 1, STATE_NONE, STATE_NONE);
	again.violation = "double-close";
	give(&again);
	assert_null(contradiction);
	assert_int_equal(moment.life->sock, 1);
	assert_null(moment.descriptor->now);
	assert_ptr_equal(moment.descriptor->last, moment.life);
	make(1, 3, 2);
	assert_int_equal(moment.life->sock, 2);
	assert_int_equal(moment.descriptor->last->sock, 1);
}

static void a_socket_lives_until_its_last_descriptor(void **state)
{
	(void)state;
	make(1, 3, 1);
	struct trace_event dup = fact(1, "dup", 3, 1, STATE_CLOSED, STATE_CLOSED);
	dup.newfd = 4;
	give(&dup);
	assert_int_equal(moment.life->open, 2);
	shut(1, 3, 1, STATE_CLOSED, STATE_CLOSED);
	assert_int_equal(moment.life->open, 1);
	shut(1, 4, 1, STATE_CLOSED, STATE_CLOSED);
	assert_int_equal(moment.life->open, 0);
	assert_int_equal(replay_totals(replay).sockets, 1);
}

static void dup2_over_a_socket_ends_it(void **state)
{
	(void)state;
	make(1, 3, 1);
	make(1, 4, 2);
	struct trace_event over = fact(1, "dup2", 4, 2, STATE_CLOSED, STATE_CLOSED);
	give(&over);
	assert_int_equal(moment.life->open, 0);
	struct trace_event dup = fact(1, "dup2", 3, 1, STATE_CLOSED, STATE_CLOSED);
	dup.newfd = 4;
	give(&dup);
	assert_int_equal(moment.life->open, 2);
	assert_null(contradiction);
}

static void memory_follows_the_sockets_that_live(void **state)
{
	(void)state;
	for (int64_t sock = 1; sock <= 10000; sock++) {
		make(1, 3 + sock % 3, sock);
		shut(1, 3 + sock % 3, sock, STATE_CLOSED, STATE_CLOSED);
	}
	assert_int_equal(HASH_COUNT(moment.process->lives), 3);
	assert_int_equal(replay_totals(replay).sockets, 10000);
	assert_int_equal(replay_totals(replay).open_peak, 1);
}

static void a_failed_close_but_for_ebadf_has_closed(void **state)
{
	(void)state;
	make(1, 3, 1);
	struct trace_event close = fact(1, "close", 3, 1, STATE_CLOSED, STATE_CLOSED);
	close.ret = -1;
	close.error = "EINTR";
	give(&close);
	assert_int_equal(moment.life->open, 0);
}

static void a_sweep_closes_nothing_itself(void **state)
{
	(void)state;
	make(1, 3, 1);
	struct trace_event sweep = fact(1, "close", 3, -1, STATE_NONE, STATE_NONE);
	sweep.newfd = 900;
	sweep.note = NOTE_sweep;
	give(&sweep);
	assert_null(contradiction);
	assert_int_equal(replay_processes(replay)->open, 1);
}

static void a_shared_socket_counts_once(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	make(1, 3, 1);
	share(1, "sendmsg", 3, 1, "77");
	shut(1, 3, 1, STATE_ESTABLISHED, STATE_CLOSED);
	start(2, HOW_exec, 12);
	struct trace_event receive = fact(2, "recvmsg", 5, 9, STATE_NONE, STATE_ESTABLISHED);
	receive.cookie = "77";
	give(&receive);
	assert_true(moment.life->made);
	assert_int_equal(replay_totals(replay).sockets, 1);
	assert_int_equal(moment.process->sockets, 1);
	start(3, HOW_fork, 13);
	inherit(3, 5, 9, "77");
	assert_false(moment.life->made);
	assert_int_equal(replay_totals(replay).sockets, 1);
}

/* The receiver may be done, and gone, before the line that its sender writes after the call. */
static void a_socket_received_before_it_is_sent_counts_once(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	make(1, 3, 1);
	start(2, HOW_exec, 12);
	struct trace_event receive = fact(2, "recvmsg", 5, 9, STATE_NONE, STATE_ESTABLISHED);
	receive.cookie = "77";
	give(&receive);
	shut(2, 5, 9, STATE_ESTABLISHED, STATE_CLOSED);
	leave(2);
	share(1, "sendmsg", 3, 1, "77");
	assert_int_equal(replay_totals(replay).sockets, 1);
	assert_ptr_equal(life_maker(moment.life)->process, replay_processes(replay));
}

static const struct socket_life *leaked_by(int64_t pid)
{
	for (struct traced_process *process = replay_processes(replay); process; process = process->next)
		if (process->pid == pid)
			return process->lives;
	return NULL;
}

static void a_heir_that_goes_on_has_the_socket(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	make(1, 3, 1);
	share(1, "fork", 3, 1, "77");
	start(2, HOW_fork, 12);
	inherit(2, 3, 1, "77");
	leak(1, 3, 1);
	leave(1);
	make(2, 4, 2);
	leave(2);
	replay_finish(replay);
	assert_true(life_handed_over(leaked_by(1)));
}

static void a_heir_that_ended_before_has_not(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	make(1, 3, 1);
	share(1, "fork", 3, 1, "77");
	start(2, HOW_fork, 12);
	inherit(2, 3, 1, "77");
	leave(2);
	leak(1, 3, 1);
	leave(1);
	replay_finish(replay);
	assert_false(life_handed_over(leaked_by(1)));
}

static void ends_of_processes(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	struct trace_event exec = line(EVENT_EXEC, 1);
	give(&exec);
	start(1, HOW_exec, 11); /* the next image */
	leave(1);
	start(1, HOW_exec, 99); /* the pid again */
	start(2, HOW_exec, 12);
	exec = line(EVENT_EXEC, 2);
	give(&exec);
	start(3, HOW_exec, 13);
	exec = line(EVENT_EXEC, 3);
	give(&exec);
	exec = line(EVENT_EXEC, 3);
	exec.ret = -1;
	give(&exec);
	replay_waited(replay, 3, -1, SIGKILL);
	replay_finish(replay);
	const enum process_end ends[] = {END_EXEC, END_EXIT, END_UNKNOWN, END_EXEC, END_SIGNAL};
	const struct traced_process *process = replay_processes(replay);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++, process = process->next)
		assert_int_equal(process->end, ends[i]);
	assert_null(process);
}

static void announce(int64_t pid, unsigned file, int64_t ppid, int64_t pidns, const char *boot)
{
	struct trace_event event = line(EVENT_PROCESS, pid);
	event.how = HOW_exec;
	event.ppid = ppid;
	event.pidns = pidns;
	event.boot = boot;
	event.host = "host";
	event.file = file;
	give(&event);
}

/* The process of a file. */
static const struct traced_process *in_file(unsigned file)
{
	for (const struct traced_process *process = replay_processes(replay); process; process = process->next)
		if (process->file == file)
			return process;
	return NULL;
}

static void a_parent_is_looked_for_among_those_of_its_namespace(void **state)
{
	(void)state;
	announce(1, 1, 0, 100, "boot");
	announce(1, 2, 0, 200, "boot"); /* a container's own number 1 */
	announce(1, 3, 0, 100, "another boot");
	announce(9, 4, 1, 100, "boot");
	announce(9, 5, 1, 200, "boot");
	announce(9, 6, 1, 300, "boot");
	assert_ptr_equal(in_file(4)->parent, in_file(1));
	assert_ptr_equal(in_file(5)->parent, in_file(2));
	assert_null(in_file(6)->parent);
}

static void a_status_is_of_the_process_of_its_namespace(void **state)
{
	(void)state;
	announce(7, 1, 0, 100, "boot");
	announce(7, 2, 0, 200, "boot");
	replay_waited(replay, 7, 100, SIGKILL);
	replay_finish(replay);
	assert_int_equal(in_file(1)->end, END_SIGNAL);
	assert_int_equal(in_file(1)->signal, SIGKILL);
	assert_int_equal(in_file(2)->end, END_UNKNOWN);
}

static void a_death_that_a_parent_was_told_of_is_of_who_was_not_heard_of_since(void **state)
{
	(void)state;
	start(7, HOW_fork, 10);
	make(7, 3, 1);
	int64_t first_death = ++now;
	struct trace_event again = line(EVENT_PROCESS, 7); /* the number once more, in a file of its own */
	again.file = 70;
	again.how = HOW_fork;
	give(&again);
	int64_t second_death = ++now;
	start(8, HOW_fork, 11);
	make(8, 3, 1);
	leave(8);
	start(9, HOW_fork, 12);
	int64_t early = now;
	make(9, 3, 1);
	replay_killed(replay, 7, SIGPIPE, first_death);
	replay_killed(replay, 7, SIGSEGV, second_death);
	replay_killed(replay, 8, SIGKILL, ++now); /* it ended well: the number is another's by then */
	replay_killed(replay, 9, SIGKILL, early); /* it was heard of later */
	replay_killed(replay, 1234, SIGKILL, now);
	replay_finish(replay);
	assert_int_equal(in_file(7)->signal, SIGPIPE);
	assert_int_equal(in_file(70)->signal, SIGSEGV);
	assert_int_equal(in_file(8)->end, END_EXIT);
	assert_int_equal(in_file(9)->end, END_UNKNOWN);
}

static void lose(int64_t pid, enum loss why, int64_t dropped)
{
	struct trace_event event = line(EVENT_LOST, pid);
	event.why = why;
	event.dropped = dropped;
	give(&event);
	assert_null(contradiction);
}

static void what_was_lost_is_counted_once(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	lose(1, LOSS_max_bytes, 5);
	lose(1, LOSS_sandbox, 2);
	lose(1, LOSS_none, 1); /* a word of tomorrow */
	lose(1, LOSS_own_table, -1);
	struct trace_event end = line(EVENT_EXIT, 1);
	end.dropped = 10; /* of them 8 told before */
	give(&end);
	const struct traced_process *process = replay_processes(replay);
	assert_int_equal(process->losses[LOSS_max_bytes].dropped, 5);
	assert_int_equal(process->losses[LOSS_file].dropped, 0);
	assert_int_equal(process->losses[LOSS_sandbox].dropped, 2);
	assert_int_equal(process->losses[LOSS_none].dropped, 3);
	assert_int_equal(process->dropped, 10);
	assert_int_equal(process->losses[LOSS_max_bytes].t, process->t_lost);
	assert_true(process->own_table);
}

static void lines_that_are_missing_are_no_contradiction(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	make(1, 3, 1);
	lose(1, LOSS_max_bytes, 3);
	shut(1, 3, 2, STATE_ESTABLISHED, STATE_CLOSED); /* 1 was closed, and 2 made, unseen */
	assert_null(contradiction);
	assert_null(moment.life);
	shut(1, 5, 6, STATE_CLOSED, STATE_CLOSED);
	assert_null(contradiction);
	leak(1, 9, 4);
	assert_null(contradiction);
	assert_true(moment.life->made && moment.life->leaked);
	assert_int_equal(replay_processes(replay)->open, 1);
}

static void what_was_not_made_yet_is_no_leak(void **state)
{
	(void)state;
	start(1, HOW_exec, 11);
	make(1, 3, 1);
	leak(1, 4, 2);
	assert_null(contradiction);
	assert_null(moment.life);
	leak(1, 3, 1);
	assert_true(moment.life->leaked);
	assert_int_equal(replay_processes(replay)->open, 1);
}

static void a_stack_may_come_after_its_use(void **state)
{
	(void)state;
	struct trace_event event = fact(1, "socket", 3, 1, STATE_NONE, STATE_CLOSED);
	event.stack = 5;
	give(&event);
	assert_null(moment.life->opened->stack);
	struct trace_event stack = line(EVENT_STACK, 1);
	const struct event_frame frame = {.module = 1, .offset = 16};
	stack.id = 5;
	stack.frames = &frame;
	stack.n_frames = 1;
	struct socket_life *life = moment.life;
	give(&stack);
	assert_int_equal(life->opened->stack->frames[0].offset, 16);
}

static void contradictions_are_told_and_harmless(void **state)
{
	(void)state;
	shut(1, 3, 1, STATE_CLOSED, STATE_CLOSED);
	assert_non_null(contradiction);
	leak(1, 3, 1); /* never made: a hand-made trace */
	assert_null(contradiction);
	struct trace_event below = fact(1, "socket", -5, 7, STATE_NONE, STATE_CLOSED);
	give(&below);
	assert_non_null(contradiction);
	leave(1);
	leave(1);
	assert_non_null(contradiction);
	leak(1, 3, 1);
	assert_non_null(contradiction);
}

/* The life comes back from where the number's last life is kept, while the number lets go of that. */
static void a_closed_socket_made_again_is_harmless(void **state)
{
	(void)state;
	make(1, 3, 1);
	shut(1, 3, 1, STATE_CLOSED, STATE_CLOSED);
	make(1, 3, 2);
	struct trace_event event = fact(1, "socket", 3, 1, STATE_NONE, STATE_CLOSED);
	give(&event);
	assert_non_null(contradiction);
	assert_int_equal(moment.life->sock, 1);
	assert_int_equal(moment.life->open, 1);
}

static void a_process_is_called_by_its_program(void **state)
{
	static const struct {
		const char *exe, *name, *argv[4];
	} cases[] = {
		{"/usr/sbin/nginx", "nginx", {"/usr/sbin/nginx"}},
		{"/usr/sbin/nginx", "nginx", {"nginx: master process /usr/sbin/nginx -c /etc/nginx/nginx.conf"}},
		{"/usr/lib/postgresql/15/bin/postgres", "postgres", {"postgres: checkpointer "}},
		{"/opt/a: b/server", "server", {"/opt/a: b/server"}},
		{"/usr/sbin/php-fpm8.2", "php-fpm8.2", {"php-fpm: pool www"}},
		{"/opt/bin/server", "server", {"worker"}},
		{"/opt/bin/server", "server", {"-server"}},
		{"/opt/bin/server", "server", {""}},
		{"/opt/bin/server", "server", {NULL}},
		{"/opt/bin/server (deleted)", "server", {"/opt/bin/server"}},
		{"/opt/bin/server (deleted)", "server", {"new title"}},
		{"/usr/bin/dash", "dash", {"sh", "-c", "x"}},
		{"/usr/bin/python3.11", "python3", {"python3"}},
		{"/usr/bin/python3.11", "python3 server.py", {"python3", "/srv/server.py", "--port"}},
		{"/usr/bin/python3.11", "python3 tool", {"/usr/bin/python3", "/usr/bin/tool"}},
		{"/usr/bin/python3.11", "python3.11 server.py", {"/usr/bin/python3.11", "-u", "server.py"}},
		{"/usr/bin/python3.11", "python3", {"python3", "-m", "http.server"}},
		{"/usr/bin/python3.11", "python3.11", {"server: worker 3", "server.py"}},
		{"/usr/bin/python3-config", "python3-config", {"python3-config", "x.py"}},
		{"/usr/bin/node", "node app.mjs", {"node", "--trace-gc", "/srv/app.mjs"}},
		{"/usr/bin/node", "node", {"my title"}},
		{"/usr/bin/perl", "perl daemon", {"/usr/bin/perl", "/usr/sbin/daemon"}},
		{NULL, "[accepted]", {"sshd/[accepted]"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct trace_event event = line(EVENT_PROCESS, (int64_t)i + 1);
		event.exe = cases[i].exe;
		event.argv = (const char **)cases[i].argv;
		while (event.n_argv < 4 && cases[i].argv[event.n_argv])
			event.n_argv++;
		event.how = HOW_exec;
		give(&event);
	}
	const struct traced_process *process = replay_processes(replay);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, process = process->next)
		assert_string_equal(process_name(process), cases[i].name);
}

static void every_row_says_what_its_op_does(void **state)
{
	(void)state;
#define HOOK(name, family, effect, ...)                  \
	assert_int_equal(effect_of(#name), OP_##effect); \
	assert_false(op_is_news(#name));
#define NUMBER(name, family, effect, ...) OP(name, effect)
#define OP(name, effect)                                 \
	assert_int_equal(effect_of(#name), OP_##effect); \
	assert_false(op_is_news(#name));
#include "shim/model/hooks.def"
}

static void an_op_without_a_row_is_told_once(void **state)
{
	char name[80];
	int told = 0;

	(void)state;
	assert_int_equal(effect_of("accept5"), OP_UNKNOWN);
	assert_int_equal(effect_of(""), OP_UNKNOWN);
	assert_true(op_is_news("accept5"));
	assert_false(op_is_news("accept5"));
	assert_true(op_is_news("accept6"));
	assert_false(op_is_news("accept5"));
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "op%d of a trace that is damaged", i);
		told += op_is_news(name);
	}
	assert_in_range(told, 1, 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_number_remembers_its_last_life),
		TEST(a_socket_lives_until_its_last_descriptor),
		TEST(dup2_over_a_socket_ends_it),
		TEST(memory_follows_the_sockets_that_live),
		TEST(a_failed_close_but_for_ebadf_has_closed),
		TEST(a_sweep_closes_nothing_itself),
		TEST(a_shared_socket_counts_once),
		TEST(a_socket_received_before_it_is_sent_counts_once),
		TEST(a_heir_that_goes_on_has_the_socket),
		TEST(a_heir_that_ended_before_has_not),
		TEST(ends_of_processes),
		TEST(a_parent_is_looked_for_among_those_of_its_namespace),
		TEST(a_status_is_of_the_process_of_its_namespace),
		TEST(a_death_that_a_parent_was_told_of_is_of_who_was_not_heard_of_since),
		TEST(what_was_lost_is_counted_once),
		TEST(lines_that_are_missing_are_no_contradiction),
		TEST(what_was_not_made_yet_is_no_leak),
		TEST(a_stack_may_come_after_its_use),
		TEST(contradictions_are_told_and_harmless),
		TEST(a_closed_socket_made_again_is_harmless),
		TEST(a_process_is_called_by_its_program),
		TEST(every_row_says_what_its_op_does),
		TEST(an_op_without_a_row_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
