/* Starting other programs: in a child, or in this process. What crosses to them is named before.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"
#include "shim/process/process.h"

#include "shim/kernel/peek.h"
#include "shim/kernel/sys.h"
#include "shim/stack/stack.h"
#include "shim/state/board.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"
#include "shim/track/carry.h"
#include "shim/track/event.h"
#include "shim/track/query.h"

#include <fcntl.h>
#include <string.h>

uint64_t process_give(const char *op)
{
	struct socket *s;
	bool crosses = false;
	board_child();
	if (!process_active())
		return 0;
	bool forks = !strcmp(op, "fork") || !strcmp(op, "_Fork") || !strcmp(op, "forkpty") || !strcmp(op, "daemon");
	for (int fd = 0; (s = socket_next(&fd)); fd++) {
		fd_word w = fd_load(fd);
		if (socket_of(w) != s)
			continue; /* another thread's, opened or closed meanwhile */
		bool kept = !forks && sys2(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC;
		crosses |= !kept && fd > 2;
		if (!kept)
			socket_flag(s, SHARED);
		struct event e = event(op, fd);
		e.sock = socket_id(s);
		e.from = e.to = socket_life(s).state;
		if (socket_cookie(s) || !(e.cookie = identity_of(fd, w)))
			continue;
		record(&e);
	}
	return crosses ? trace_now() : 0;
}

void process_spawned(const char *op, int child, uint64_t t)
{
	char line[256];
	if (!t || !process_active())
		return;
	uint32_t stack = stack_here();
	struct jsonl j = jsonl_open(line, sizeof line, "spawn");
	jsonl_uint(&j, "t", t);
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "tid", thread_tid());
	jsonl_str(&j, "op", op);
	if (child)
		jsonl_int(&j, "child", child);
	if (stack)
		jsonl_uint(&j, "stack", stack);
	trace_put(line, jsonl_close(&j));
}

void process_exec(const char *op, const char *path, int error)
{
	if (!own_thread() || !trace_is_open())
		return;
	if (error)
		trace_hold(false);
	uint32_t stack = !error && process_give(op) ? stack_here() : 0;
	if (!error)
		carry_places(TRACE_PLACE);
	char *line = trace_scratch();
	if (!line) {
		trace_lose();
		if (!error)
			trace_hold(true);
		return;
	}
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "exec");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process.pid);
	jsonl_int(&j, "tid", thread_tid());
	jsonl_str(&j, "op", op);
	if (error) {
		extern const char *strerrorname_np(int) __attribute__((weak));
		jsonl_int(&j, "ret", -1);
		jsonl_str(&j, "errno", strerrorname_np ? strerrorname_np(error) : "?");
	} else if (path && peek_string(line + TRACE_LINE_MAX, path, 4096) >= 0) {
		jsonl_str(&j, "path", line + TRACE_LINE_MAX);
	}
	if (stack)
		jsonl_uint(&j, "stack", stack);
	trace_put(line, jsonl_close(&j));
	trace_scratch_end(line);
	if (!error)
		trace_hold(true);
}
