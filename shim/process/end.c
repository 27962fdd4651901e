/* Orderly process exit: what is open then, and the last line. Also child deaths that the process learns of.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"
#include "shim/process/process.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/state/board.h"
#include "shim/state/options.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"
#include "shim/track/carry.h"
#include "shim/track/ended.h"
#include "shim/track/event.h"
#include "shim/track/query.h"
#include "shim/track/registered.h"
#include "shim/track/registrations.h"

#include <netinet/in.h>

/* Data calls write no line, so inherited sockets that were used are recorded here. */
static void write_use(int fd, const struct socket *s)
{
	struct event e = event("exit", fd);
	e.sock = s->sock;
	e.from = e.to = socket_life(s).state;
	event_counters(&e, s);
	if (e.rx || e.tx)
		record(&e);
}

/* How many descriptors are open; `lost` is set to how many of their lines found no room. */
static int write_leaks(int *lost)
{
	char line[512];
	struct socket *s;
	int open = 0;
	bool ask = !sys_off() && !thread.apart; /* otherwise the table is the only source */
	if (ask)
		closings_left();
	for (int fd = 0; (s = socket_next(&fd)); fd++) {
		struct life life = socket_life(s);
		fd_word w = fd_load(fd);
		if (ask && !still_there(fd, s)) {
			if (socket_of(w) == s && fd_replace(fd, w, FD_OTHER))
				closed_unseen("exit", fd, w);
			continue;
		}
		open++;
		if (life.flags & INHERITED)
			write_use(fd, s);
		if (life.flags & INHERITED || __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_INTENDED)
			continue;
		bool inet = ask && (life.family == AF_INET || life.family == AF_INET6);
		uint64_t close_wait = inet && life.state == STATE_ESTABLISHED ? watch_close_wait(fd) : 0;
		if (close_wait) /* the kernel knows how much the program did not read */
			life.state = STATE_CLOSE_WAIT;
		else if (ask && life.state == STATE_CONNECTING) /* nor ask */
			kernel_life(fd, &life);
		if (ask && life_kind(life) == KIND_epoll && s->registered & REGISTERED_SET)
			registered_tell("exit", fd, s);
		struct jsonl j = jsonl_open(line, sizeof line, "leak");
		jsonl_uint(&j, "t", trace_now());
		jsonl_int(&j, "pid", process.pid);
		jsonl_int(&j, "fd", fd);
		jsonl_uint(&j, "sock", s->sock);
		jsonl_str(&j, "state", state_name(life.state));
		if (s->stack)
			jsonl_uint(&j, "stack", s->stack);
		if (__atomic_load_n(&trace_dropped, __ATOMIC_RELAXED)) /* the line of its start may be among them */
			record_kind(&j, life);
		if (close_wait)
			jsonl_uint(&j, "close_wait", close_wait);
		if (s->gap >= WAIT_TOLD)
			jsonl_uint(&j, "gap", s->gap);
		if (s->rx)
			jsonl_uint(&j, "rx", s->rx);
		if (s->tx)
			jsonl_uint(&j, "tx", s->tx);
		bool streamed = __atomic_load_n(&s->told, __ATOMIC_RELAXED) & TOLD_STREAM;
		if (life.state == STATE_ESTABLISHED && !s->rx && !s->tx && (streamed || (inet && watch_moved(fd))))
			jsonl_bool(&j, "used", true);
		jsonl_str(&j, "violation", violation_name(VIOLATION_never_closed));
		*lost += !trace_put_as(TRACE_LEAK, line, jsonl_close(&j));
	}
	return open;
}

void process_death(int pid, int signal)
{
	struct board *board = board_at_hand();
	uint32_t n = board ? __atomic_fetch_add(&board->deaths, 1, __ATOMIC_RELAXED) : BOARD_DEATHS;
	if (n >= BOARD_DEATHS)
		return;
	board->death[n].signal = (uint32_t)signal;
	board->death[n].t = trace_now();
	__atomic_store_n(&board->death[n].pid, (uint32_t)pid, __ATOMIC_RELEASE);
}

void process_exit(int status)
{
	char line[256];
	if (!own_thread() || !trace_is_open() || __atomic_exchange_n(&own.ended, true, __ATOMIC_ACQ_REL))
		return;
	if (trace_discard())
		return;
	own_dumps_end();
	int lost = 0, open = write_leaks(&lost);
	carry_places(TRACE_CARRY);
	struct jsonl j = jsonl_open(line, sizeof line, "exit");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "status", status & 0xff);
	jsonl_int(&j, "open", open);
	jsonl_uint(&j, "events", __atomic_load_n(&trace_events, __ATOMIC_RELAXED));
	jsonl_uint(&j, "dropped", __atomic_load_n(&trace_dropped, __ATOMIC_RELAXED));
	if (lost)
		jsonl_int(&j, "leaks_dropped", lost);
	size_t len = jsonl_close(&j);
	trace_put_as(TRACE_END, line, len);
	trace_finish();
	if (options.verbosity) {
		line[len - 1] = 0;
		say(line, NULL, NULL);
	}
}
