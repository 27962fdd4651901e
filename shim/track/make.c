/* New descriptors: see make.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/track/make.h"

#include "shim/kernel/sys.h"
#include "shim/kernel/watch.h"
#include "shim/lang/lang.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/born.h"
#include "shim/track/ended.h"
#include "shim/track/history.h"
#include "shim/track/meeting.h"
#include "shim/track/query.h"
#include "shim/track/trail.h"

#include <string.h>

/* Where it was made, in a program with a language that may have to be asked. `listener`: its number, -1 for none. */
uint32_t born_caused(struct socket *s, int from)
{
	struct socket *listener = from >= 0 ? socket_of(fd_load(from)) : NULL;
	s->cause = listener ? 0 : lang_cause();
	uint32_t before = thread.cause; /* of the code that a signal handler interrupted */
	thread.cause = listener ? listener->cause : 0;
	uint32_t stack = stack_here();
	thread.cause = before;
	return stack;
}

void made(struct event *e)
{
	struct birth birth;
	if (!born(e->op, e->fd, e->life, e->has_listener ? e->listener : -1, e->cookie, &birth))
		return;
	e->t = birth.t;
	e->stack = birth.stack;
	e->sock = birth.sock;
	e->to = e->life.state;
	e->has_kind = true;
	if (watch_opened() && !e->violation)
		e->violation = VIOLATION_fd_exhaustion;
	record(e);
}

void made_meeting(struct meeting *m)
{
	struct brief *b = &m->b;
	struct birth birth;
	if (!born(b->op, b->fd, b->life, m->listener, 0, &birth))
		return;
	b->t = birth.t;
	b->text = birth.text;
	b->stack = birth.stack;
	b->sock = birth.sock;
	b->from = STATE_NONE;
	b->to = b->life.state;
	b->made = true;
	b->ret = b->fd;
	if (__builtin_expect(!watch_opened(), 1)) {
		record_meeting(m);
		return;
	}
	struct event e = event_meeting(m);
	e.violation = VIOLATION_fd_exhaustion;
	record(&e);
}

void born_near_limit(struct brief b)
{
	struct event e = {.op = b.op, .op_len = b.op_len, .fd = b.fd, .t = b.t, .stack = b.stack, .sock = b.sock};
	e.to = b.to;
	e.has_ret = e.has_kind = true;
	e.ret = b.ret;
	e.life = b.life;
	e.cloexec = b.cloexec;
	e.violation = VIOLATION_fd_exhaustion;
	record(&e);
}

void made_plain_of(const char *op, uint32_t op_len, int fd, struct life life, bool cloexec, long ret)
{
	born_plain(op, op_len, fd, life, cloexec, ret);
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

static inline __attribute__((always_inline)) int made_judged(const char *op, uint32_t op_len, int fd, enum kind kind,
							     bool cloexec)
{
	struct life life = life_open(kind);
	if (kind == KIND_pipe && strncmp(op, "pipe", 4) &&
	    strcmp(op, "popen")) /* found, or received: it may have a name */
		life.flags |= WAS_BOUND;
	born_plain(op, op_len, fd, life, cloexec, fd);
	return fd;
}

static inline __attribute__((always_inline)) int made_quiet(const char *op, int fd, enum kind kind)
{
	uint64_t t = trace_about_now();
	uint32_t stack = stack_quiet();
	fd_word was = fd_swap(fd, FD_OTHER);
	closed_unseen(op, fd, was);
	trail_made(fd, was, kind, op, stack, t);
	if (__builtin_expect(fd >= __atomic_load_n(&fd_watched, __ATOMIC_RELAXED), 0))
		watch_high();
	return fd;
}

static __attribute__((noinline)) int made_open_judged(const char *op, uint32_t op_len, int fd, enum kind kind,
						      bool cloexec)
{
	return made_judged(op, op_len, fd, kind, cloexec);
}

int made_open_of(const char *op, uint32_t op_len, int fd, enum kind kind, bool cloexec)
{
	if (!process_active())
		return fd;
	list_inherited(fd);
	return kind_is_judged(kind) ? made_open_judged(op, op_len, fd, kind, cloexec) : made_quiet(op, fd, kind);
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

static inline enum kind kind_by(int flags)
{
	return flags & O_DIRECTORY && (flags & O_TMPFILE) != O_TMPFILE ? KIND_dir : KIND_file;
}

/* Where a kind with a path is judged: the kernel has to be asked first. */
static __attribute__((noinline)) int made_path_judged(const char *op, uint32_t op_len, int fd, int flags)
{
	enum kind kind = flags_tell(flags) ? kind_by(flags) : kernel_kind(fd, kind_by(flags));
	return kind_is_judged(kind) ? made_judged(op, op_len, fd, kind, flags & O_CLOEXEC) : made_quiet(op, fd, kind);
}

int made_path_of(const char *op, uint32_t op_len, int fd, int flags)
{
	enum { PATHS = 1 << KIND_file | 1 << KIND_dir | 1 << KIND_pipe | 1 << KIND_terminal | 1 << KIND_other };
	if (!process_active())
		return fd;
	list_inherited(fd);
	return __builtin_expect(options.kinds & PATHS, 0) ? made_path_judged(op, op_len, fd, flags)
							  : made_quiet(op, fd, kind_by(flags));
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
	if (watch_exhausted(e.error))
		e.violation = VIOLATION_fd_exhaustion;
	e.stack = stack_here();
	record(&e);
}

bool gave_way(void) { return errno == EMFILE && process_active() && trace_yield(); }

void failed_to_open(const char *op, enum kind kind)
{
	if (errno != EMFILE && errno != ENFILE)
		return;
	if (kind_is_judged(kind))
		failed(op, -1, 0, STATE_NONE);
	else if (errno == EMFILE && watch_out && process_active())
		watch_out();
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
	if (w == FD_OTHER) {
		watch_high();
		return;
	}
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
