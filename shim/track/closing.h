/* What happens around every call that closes a descriptor. Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CLOSING_H
#define SHIM_CLOSING_H

#include "shim/stack/stack.h"
#include "shim/trace/digits.h"
#include "shim/trace/put.h"
#include "shim/trace/trace.h"
#include "shim/track/call.h"
#include "shim/track/trail.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

struct closing {
	struct call call;
	const char *op;
	uint32_t op_len;
	uint32_t stack;
	uint64_t t;
	bool armed; /* the descriptor was a socket and has been removed from the table */
	bool quiet; /* the same for a kind that is not judged */
	bool used;  /* this thread made calls on it, though another made it */
	bool kept;  /* it may be a violation, so the trace has kept a line about it */
	int in_use; /* the thread that was inside a call on it, or 0 */
	int reader; /* the thread that read from it last, if that is neither this one nor its maker; or 0 */
	int writer; /* the same of a write */
	int unread;
	uint64_t close_wait;
};

/* Says in the process line that this socket's last descriptor is about to be closed. */
void closing_say_long(const struct socket *);
static inline __attribute__((always_inline)) void closing_say(const struct socket *s)
{
	uint64_t digits = s->text << 24; /* five digits or blanks, see text_of() */
	if (__builtin_expect(digits != 0, 1))
		__atomic_store_n(trace_closing, htole64(digits | BLANKS >> 8 * 5), __ATOMIC_RELAXED);
	else
		closing_say_long(s);
}

/* `op` is a literal. `alone`: an explicit close, not part of a range or a replacement, so that it can be misuse. */
void closing_begin_of(struct closing *, const char *op, uint32_t op_len, int fd, bool alone);
static inline __attribute__((always_inline)) struct closing closing_begin(const char *op, int fd, bool alone)
{
	struct closing c;
	closing_begin_of(&c, op, (uint32_t)__builtin_strlen(op), fd, alone);
	return c;
}
void closing_end(const struct closing *, long ret);

/* A close as most are: of a socket's only descriptor, which no other thread has used, with nothing but that to tell. `op` as above. Returns false
 * if it is another; the table has not changed then. The values stay in memory, as for data_quick(). */
struct closing_quick {
	long fd;
	uint32_t stack;
	int tid;
	fd_word word;
	struct socket *socket;
	uint64_t sock, t;
	long ret;
};
bool closing_shows(const struct closing_quick *); /* the kernel knows more of its connection that is to be told */

/* Whether nobody but its maker has used a side of the socket, and no other thread than this one is in a call there. */
static inline bool closing_of_maker(int maker, int tid, int inside)
{
	return inside == -maker || inside == NOBODY || inside == tid;
}

static inline __attribute__((always_inline)) bool closing_quick(struct closing_quick *q, const char *op, int fd)
{
	if (__builtin_expect((unsigned)fd >= FD_LOW, 0))
		return false;
	struct fd_first *first = fd_first_here();
	fd_word word = __atomic_load_n(&first->low[fd], __ATOMIC_ACQUIRE);
	if (!socket_is_plain(word) || !process_is_plain() || !trace_is_unkept() || trace_bounds() != UINT64_MAX)
		return false;
	struct socket *s = socket_plain(first, word);
	struct life life = socket_life(s);
	int tid = -thread.away, reads = __atomic_load_n(&s->inside[READING], __ATOMIC_RELAXED),
	    writes = __atomic_load_n(&s->inside[WRITING], __ATOMIC_RELAXED);
	if (life.state == STATE_CONNECTING || life.flags & (SHARED | INHERITED) || s->registered ||
	    socket_refs(s) != 1 || !tid)
		return false;
	int maker = s->maker;
	if ((reads != -tid || writes != -tid || maker != tid) &&
	    !(closing_of_maker(maker, tid, reads) && closing_of_maker(maker, tid, writes)))
		return false;
	q->fd = fd;
	q->tid = tid;
	q->word = word;
	q->socket = s;
	QUICK_WAIT(*q);
	q->stack = stack_from((uintptr_t)__builtin_return_address(0));
	QUICK_WAIT(*q);
	uint8_t state = socket_life(q->socket).state;
	if ((state == STATE_ESTABLISHED || state == STATE_FIN_WAIT) && closing_shows(q))
		return false;
	q->t = trace_now_here();
	QUICK_WAIT(*q);
	q->sock = socket_id(q->socket);
	/* Had the record become another's, so had the entry changed. */
	fd_word was = q->word;
	if (!__atomic_compare_exchange_n(&fd_low[q->fd], &was, fd_closed(q->sock, was), false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	closing_say(q->socket);
	struct trail *trail = &trail_low[q->fd];
	mark_set(&trail->closed, mark_pack_as(0, op, q->stack, q->tid),
		 trail_after(__atomic_load_n(&trail->made.t, __ATOMIC_RELAXED), q->t));
	return true;
}
/* Ends it, and returns what it returned, q->ret. */
int closing_quick_end(const struct closing_quick *, const char *op, uint32_t op_len);

/* The call may come from a finalizer that gives up a socket the program forgot and leaves the close to others, such as an event loop:
 * records that. */
void closing_abandoned(const struct call *, const char *op);

/* For a descriptor of a kind that is not judged, as most are. Returns false if it is none, or another thread was faster. */
static inline __attribute__((always_inline)) bool closing_quiet(const char *op, int fd)
{
	if (!process_active())
		return false;
	uint64_t t = trace_about_now();
	uint32_t stack = stack_quiet();
	if (!fd_replace(fd, FD_OTHER, FD_GONE))
		return false;
	trail_closed(fd, op, stack, t);
	return true;
}
void closing_quiet_end(const char *op, int fd, long ret);

/* A real call that closes fd and does nothing else. */
#define CLOSES(op, fd, call)                                                                  \
	({                                                                                    \
		int fd_ = (fd);                                                               \
		__typeof__(call) closed_;                                                     \
		if (fd_load(fd_) == FD_OTHER && closing_quiet(op, fd_)) {                     \
			closed_ = (call);                                                     \
			closing_quiet_end(op, fd_, closed_);                                  \
		} else {                                                                      \
			struct closing c_; /* filled, not copied */                           \
			closing_begin_of(&c_, op, (uint32_t)__builtin_strlen(op), fd_, true); \
			closed_ = (call);                                                     \
			closing_end(&c_, closed_);                                            \
		}                                                                             \
		closed_;                                                                      \
	})

#endif
