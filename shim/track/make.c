/* New descriptors: see make.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/make.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/lang/lang.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/ended.h"
#include "shim/track/history.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"

#include <string.h>

/* Where it was made, in a program with a language that may have to be asked. */
static __attribute__((noinline)) uint32_t stack_caused(struct socket *s, const struct event *e)
{
	struct socket *listener = e->has_listener ? socket_of(fd_load(e->listener)) : NULL;
	s->cause = listener ? 0 : lang_cause();
	uint32_t before = thread.cause; /* of the code that a signal handler interrupted */
	thread.cause = listener ? listener->cause : 0;
	uint32_t stack = stack_here();
	thread.cause = before;
	return stack;
}

void made(struct event *e)
{
	if (!process_active())
		return;
	fd_word w;
	struct socket *s = socket_new(e->life, &w);
	if (!s) {
		trace_lose();
		return;
	}
	if (e->cookie)
		socket_keep_cookie(s, e->cookie, s->sock);
	s->maker = thread_tid();
	if (e->life.state == STATE_ESTABLISHED)
		s->last = watch_clock();
	fd_word was = fd_swap(e->fd, w);
	closed_unseen(e->op, e->fd, was);
	e->t = trace_now();
	s->stack = e->stack = __builtin_expect(lang_any(), 0) ? stack_caused(s, e) : stack_plain();
	trail_made(e->fd, was, life_kind(e->life), e->op, e->stack, e->t);
	e->sock = s->sock;
	e->to = e->life.state;
	e->has_kind = true;
	if (watch_opened() && !e->violation)
		e->violation = VIOLATION_fd_exhaustion;
	record(e);
}

void made_from_kernel(const char *op, int fd)
{
	struct event e = event(op, fd);
	struct sockaddr_storage local, peer;
	e.local_len = sizeof local;
	e.peer_len = sizeof peer;
	if (!kernel_life(fd, &e.life)) {
		made_open(op, fd, kernel_kind(fd, KIND_other), false);
		return;
	}
	if (!sys3(SYS_getsockname, fd, &local, &e.local_len))
		e.local = (void *)&local;
	if (!sys3(SYS_getpeername, fd, &peer, &e.peer_len))
		e.peer = (void *)&peer;
	sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &e.cookie, sizeof e.cookie);
	e.life.flags |= SHARED; /* the sender may still hold it */
	e.has_ret = true;
	e.ret = fd;
	made(&e);
}

/* Creating the trace lists what was inherited, which may include the last life of fd: so do it before that ends. */
static inline void list_inherited(int fd)
{
	if (__builtin_expect(fd_kind(fd_load(fd)) == FD_SOCKET, 0) && !trace_is_open())
		trace_open();
}

static __attribute__((noinline)) int made_judged(const char *op, int fd, enum kind kind, bool cloexec)
{
	struct event e = event(op, fd);
	e.has_ret = true;
	e.ret = fd;
	e.life = life_open(kind);
	if (kind == KIND_pipe && strncmp(op, "pipe", 4) &&
	    strcmp(op, "popen")) /* found, or received: it may have a name */
		e.life.flags |= WAS_BOUND;
	e.cloexec = cloexec;
	made(&e);
	return fd;
}

static inline __attribute__((always_inline)) int made_quiet(const char *op, int fd, enum kind kind)
{
	uint64_t t = trace_about_now();
	uint32_t stack = stack_quiet();
	fd_word was = fd_swap(fd, FD_OTHER);
	closed_unseen(op, fd, was);
	trail_made(fd, was, kind, op, stack, t);
	return fd;
}

int made_open(const char *op, int fd, enum kind kind, bool cloexec)
{
	if (!process_active())
		return fd;
	list_inherited(fd);
	return kind_is_judged(kind) ? made_judged(op, fd, kind, cloexec) : made_quiet(op, fd, kind);
}

/* Whether such a call makes a directory's descriptor, or a new file, and nothing else. */
static bool flags_tell(int flags)
{
	switch (flags & (O_CREAT | O_EXCL | O_DIRECTORY | O_PATH)) {
	case O_CREAT | O_EXCL:
	case O_DIRECTORY:
	case O_DIRECTORY | O_EXCL: return true; /* O_TMPFILE too */
	default: return false;
	}
}

int made_path(const char *op, int fd, int flags)
{
	enum { PATHS = 1 << KIND_file | 1 << KIND_dir | 1 << KIND_pipe | 1 << KIND_terminal | 1 << KIND_other };
	enum kind kind = flags & O_DIRECTORY && (flags & O_TMPFILE) != O_TMPFILE ? KIND_dir : KIND_file;
	if (!process_active())
		return fd;
	list_inherited(fd);
	if (__builtin_expect(options.kinds & PATHS, 0)) {
		if (!flags_tell(flags))
			kind = kernel_kind(fd, kind);
		if (kind_is_judged(kind))
			return made_judged(op, fd, kind, flags & O_CLOEXEC);
	}
	return made_quiet(op, fd, kind);
}

void failed(const char *op, int fd, uint64_t sock, unsigned state)
{
	if (!process_active())
		return;
	struct event e = event(op, fd);
	e.sock = sock;
	e.from = e.to = (uint8_t)state;
	e.has_ret = true;
	e.ret = -1;
	e.error = errno;
	if ((e.error == EMFILE || e.error == ENFILE) && watch_exhausted())
		e.violation = VIOLATION_fd_exhaustion;
	e.stack = stack_here();
	record(&e);
}

bool gave_way(void) { return errno == EMFILE && process_active() && trace_yield(); }

void failed_to_open(const char *op, enum kind kind)
{
	if ((errno == EMFILE || errno == ENFILE) && kind_is_judged(kind))
		failed(op, -1, 0, STATE_NONE);
}

/* What a descriptor of a kind that is not judged is known to be. */
static enum kind kind_at(int fd)
{
	struct mark made = trail_of(fd).made;
	return made.who ? mark_kind(made) : KIND_other;
}

void duplicated(const struct call *from, const char *op, int newfd, bool over, bool cloexec, long ret)
{
	if (!process_active())
		return;
	if (ret < 0 || (over && newfd == from->fd)) {
		call_number(from, op, ret, SEVERAL);
		if (from->socket && ret < 0 && (errno == EMFILE || errno == ENFILE))
			failed(op, from->fd, from->sock, from->life.state);
		return;
	}
	list_inherited(newfd);
	fd_word w = from->socket && socket_ref(from->word) ? from->word : FD_OTHER;
	fd_word old = fd_swap(newfd, w);
	uint32_t stack = w == FD_OTHER ? stack_quiet() : stack_here();
	if (over && replaced(op, newfd, old, ret)) {
		trail_closed(newfd, op, stack, trace_about_now());
		old = FD_GONE;
	} else if (!over) {
		closed_unseen(op, newfd, old);
	}
	call_number(from, op, ret, 0);
	trail_made(newfd, old, w == FD_OTHER ? kind_at(from->fd) : life_kind(from->life), op, stack, trace_about_now());
	if (w == FD_OTHER)
		return;
	struct event e = event(op, from->fd);
	if (watch_opened())
		e.violation = VIOLATION_fd_exhaustion;
	e.sock = from->sock;
	e.from = e.to = from->life.state;
	e.has_newfd = true;
	e.newfd = newfd;
	e.cloexec = cloexec;
	e.has_ret = true;
	e.ret = ret;
	e.stack = stack;
	record(&e);
}

void inheritable(const struct call *c, const char *op)
{
	if (!process_active() || !c->socket)
		return;
	struct event e = event(op, c->fd);
	e.sock = c->sock;
	e.from = e.to = c->life.state;
	e.has_ret = true;
	e.note = NOTE_inheritable;
	record(&e);
}
