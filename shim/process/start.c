/* Process start: with what it inherited, or as the child of a fork. proc(5), madvise(2), pthread_atfork(3).
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
#include "shim/track/ended.h"
#include "shim/track/event.h"
#include "shim/track/history.h"
#include "shim/track/noted.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"
#include "shim/track/registrations.h"

#include <dirent.h>
#include <sys/mman.h>

struct life_of_process own = {.how = HOW_exec};

static void write_inherited(int fd, struct socket *s, uint64_t t)
{
	struct sockaddr_storage local, peer;
	bool forked = own.how == HOW_fork;
	struct event e = event(forked ? "fork" : "execve", fd);
	e.t = t;
	e.sock = s->sock;
	e.life = socket_life(s);
	e.to = e.life.state;
	e.has_kind = true;
	e.inherited = true;
	e.cookie = cookie_of(fd, fd_load(fd));
	if (!forked) { /* the parent's trace has the others */
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
			write_inherited(fd, s, ++t);
	if (own.unseen)
		own_unseen_line(own.unseen);
	own.unseen = 0;
}

/* Takes the timestamp of the process line, and one for each inherited socket. */
static void stamp(int sockets)
{
	own.started = trace_now();
	while (sockets--)
		trace_now();
}

/* Whether another descriptor of the socket is already in the table: returns its word, with the descriptor counted. */
static bool known(int fd, fd_word *w)
{
	uint64_t cookie;
	struct socket *s;
	if (sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie))
		return false;
	for (int other = 0; (s = socket_next(&other)); other++)
		if (socket_cookie(s) == cookie) {
			*w = fd_load(other);
			return socket_ref(*w);
		}
	return false;
}

/* Records what is open now, which came from elsewhere. Returns whether any of it is worth a file: 0, 1 and 2 are passed on purpose. */
static bool adopt_descriptors(void)
{
	char buffer[2048];
	int sockets = 0;
	bool worth = false;
	long dir = sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), n;
	while (dir >= 0 && (n = sys3(SYS_getdents64, dir, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buffer + at);
			int fd = 0;
			struct life life;
			fd_word w;
			at += d->d_reclen;
			if (*d->d_name < '0' || *d->d_name > '9')
				continue;
			for (const char *p = d->d_name; *p; p++)
				fd = fd * 10 + *p - '0';
			if (fd == dir)
				continue;
			if (!kernel_life(fd, &life)) {
				life = life_open(options.kinds == 1 << KIND_socket ? KIND_other
										   : kernel_kind(fd, KIND_other));
				if (!kind_is_judged(life_kind(life))) {
					fd_swap(fd, FD_OTHER);
					continue;
				}
			}
			life.flags |= INHERITED;
			if (!known(fd, &w)) {
				struct socket *s = socket_new(life, &w);
				if (!s)
					continue;
				s->inside[0] = s->inside[1] = UNUSED;
				unused.sockets++;
			}
			fd_swap(fd, w);
			cookie_of(fd, w);
			watch_opened();
			sockets++;
			worth |= fd > 2;
		}
	}
	unused.waits = 1024;
	if (dir >= 0)
		sys1(SYS_close, dir);
	stamp(sockets);
	return worth;
}

static void mark_alive(void)
{
	int *page = sys_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page && !sys3(SYS_madvise, page, 4096, MADV_WIPEONFORK))
		process.alive = page;
	*process.alive = 1;
}

void process_child(void)
{
	struct socket *s;
	int sockets = 0;
	bool worth = false;
	long pid = sys0(SYS_getpid);
	if (pid < 0)
		pid = 0; /* in a sandbox: its pid is not known and it cannot make a trace; the board counts what it does */
	if (*process.alive && process.pid == pid)
		return;				  /* adopted already */
	if (thread.apart || process.shares_table) /* its descriptors are not those in the table */
		process.on = false;
	*process.alive = 1;
	process.pid = (int)pid;
	sandbox_forked();
	thread.tid = thread.ids_len = 0;
	thread.vforked = thread.apart = 0;
	process.siblings = false;
	thread.sweep = (struct sweep){0};
	trace_forget();
	stack_forget();
	check_forget();
	trail_forget();
	registrations_forget();
	own.ended = false;
	own.unseen = 0;
	own.how = HOW_fork;
	process.follow_exec = options.follow;
	if (!options.follow)
		process.on = false;
	if (!process.on)
		return;
	closings_left(); /* this process has what another thread of its parent was about to close */
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
	stamp(sockets);
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
	if (!*process.alive) {
		process_child();
		return process.on;
	}
	long tid = sys0(SYS_gettid);
	return tid < 0 || (tid == thread_tid() && (process.siblings || own_number()));
}

void process_start(void)
{
	process.pid = (int)sys0(SYS_getpid);
	process.asks = asks;
	trace_opened = opened;
	trace_owns = own_trace;
	mark_alive();
	process.on = true;
	process.follow_exec = true;
	board_open();
	if (adopt_descriptors())
		trace_open();
	if (options.verbosity)
		say("watching ", program_exe, NULL);
}
