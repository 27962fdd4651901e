/* Process start: of a program with inherited descriptors, or of a forked child. proc(5), madvise(2), pthread_atfork(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/process/own.h"
#include "shim/process/process.h"
#include "shim/process/sandbox.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/stack/stack.h"
#include "shim/state/board.h"
#include "shim/state/options.h"
#include "shim/state/program.h"
#include "shim/trace/trace.h"
#include "shim/track/call.h"
#include "shim/track/carry.h"
#include "shim/track/ended.h"
#include "shim/track/event.h"
#include "shim/track/history.h"
#include "shim/track/noted.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"
#include "shim/track/registrations.h"

#include <sys/mman.h>

struct life_of_process own = {.how = HOW_exec};

void own_inherited_line(int fd, struct socket *s, uint64_t t)
{
	struct sockaddr_storage local, peer;
	bool forked = own.how == HOW_fork;
	struct event e = event(forked ? "fork" : own.how == HOW_attach ? "attach" : "execve", fd);
	e.t = t;
	e.sock = s->sock;
	e.life = socket_life(s);
	e.to = e.life.state;
	e.has_kind = true;
	e.inherited = true;
	e.cookie = identity_of(fd, fd_load(fd));
	if (!forked) { /* the parent's trace has the addresses */
		e.local_len = sizeof local;
		e.peer_len = sizeof peer;
		if (!sys3(SYS_getsockname, fd, &local, &e.local_len))
			e.local = (void *)&local;
		if (!sys3(SYS_getpeername, fd, &peer, &e.peer_len))
			e.peer = (void *)&peer;
	}
	record(&e);
}

static void opened(void)
{
	uint64_t t = own.started;
	struct socket *s;
	own_line();
	for (int fd = 0; (s = socket_next(&fd)); fd++)
		if (socket_life(s).flags & INHERITED)
			own_inherited_line(fd, s, ++t);
	if (own.unseen)
		own_unseen_line(own.unseen);
	own.unseen = 0;
}

void own_stamp(int sockets)
{
	own.started = trace_now();
	while (sockets--)
		trace_now();
}

void own_mark_alive(void)
{
	sys3(SYS_madvise, process_living, sizeof process_living, MADV_WIPEONFORK);
	*process_living = 1 | (process.on ? 0 : PROCESS_OFF);
}

void own_forget(void)
{
	thread.sweep = (struct sweep){0};
	carry_forget();
	stack_forget();
	check_forget();
	trail_forget();
	registrations_forget();
	own_dumps_forget();
}

void process_child(void)
{
	struct socket *s;
	int sockets = 0;
	bool worth = false;
	long pid = sys0(SYS_getpid);
	if (pid < 0)
		pid = 0; /* in a sandbox: it cannot ask for its pid or make a trace; the board counts what it does */
	if (*process_living && process.pid == pid)
		return; /* done before */
	*process_living = 1;
	/* With a table of its own, its descriptors are not those in ours. */
	process_turn(process.on && !thread.apart && !process.shares_table);
	process.pid = (int)pid;
	sandbox_forked();
	thread.tid = 0;
	thread.start_high = 0;
	thread.apart = 0;
	thread_lends(0);
	process.siblings = false;
	trace_forget();
	own_forget();
	own.ended = false;
	own.unseen = 0;
	own.how = HOW_fork;
	process.follow_exec = options.follow;
	if (!options.follow)
		process_turn(false);
	if (!process.on)
		return;
	closings_left(); /* what another thread of the parent was about to close stays open here */
	for (int fd = 0; (s = socket_next(&fd)); fd++) {
		s->life.flags |= INHERITED | SHARED;
		s->stack = 0;
		s->rx = s->tx = s->last = s->gap = 0;
		s->inside[0] = s->inside[1] = UNUSED;
		s->told &= (uint8_t)~TOLD_USED;
		s->registered = 0;
		sockets++;
		worth |= fd > 2;
	}
	unused = (struct unused){sockets, 1024};
	watch_count(sockets);
	own_stamp(sockets);
	if (worth)
		trace_open();
}

bool own_number(void)
{
	long pid = sys0(SYS_getpid);
	return pid < 0 || pid == process.pid;
}

static bool asks(void)
{
	if (!*process_living) {
		process_child();
		return process.on;
	}
	long tid = sys0(SYS_gettid);
	return tid < 0 || (tid == thread_tid() && (process.siblings || own_number()));
}

void own_begin(void)
{
	process.pid = (int)sys0(SYS_getpid);
	process.asks = asks;
	trace_opened = opened;
	carry_init();
}

void process_start(void)
{
	own_begin();
	trace_owns = own_trace;
	own_mark_alive();
	process_turn(true);
	process.follow_exec = true;
	board_open();
	int sockets;
	bool worth = adopt_inherited(&sockets);
	unused.waits = 1024;
	own_stamp(sockets);
	if (worth)
		trace_open();
	if (options.verbosity)
		say("watching ", program_exe, NULL);
}
