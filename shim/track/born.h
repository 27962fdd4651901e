/* How a new descriptor is entered into the table, for inlining into what makes most of them: a frame less, which each walk would look at.
 * Private to shim/track and the hook of socket(2). Safe in any thread and in signal handlers; no lock, no allocation, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_BORN_H
#define SHIM_BORN_H

#include "shim/kernel/watch.h"
#include "shim/lang/lang.h"
#include "shim/stack/stack.h"
#include "shim/trace/trace.h"
#include "shim/track/brief.h"
#include "shim/track/ended.h"
#include "shim/track/pool.h"
#include "shim/track/trail.h"

uint32_t born_caused(struct socket *, int listener);
void born_near_limit(struct brief) __attribute__((cold));

struct birth {
	uint64_t sock, t, text;
	uint32_t stack;
};

/* Enters a descriptor into the table. Returns false if there is nothing to tell. */
static inline __attribute__((always_inline)) bool born(const char *op, int fd, struct life life, int listener,
						       uint64_t cookie, struct birth *birth)
{
	int away = thread.away;
	if (__builtin_expect(!away || !process_is_plain(), 0)) {
		if (!process_active())
			return false;
		away = -thread_tid();
	}
	fd_word w;
	struct socket *s = pool_take(life, away, &w);
	if (__builtin_expect(!s, 0)) {
		trace_lose();
		return false;
	}
	if (cookie)
		socket_keep_cookie(s, cookie, s->sock);
	s->maker = -away;
	s->listener = listener + 1;
	if (life.state == STATE_ESTABLISHED)
		s->last = watch_clock();
	birth->sock = s->sock;
	birth->text = s->text = sock_text(birth->sock);
	fd_word was = fd_swap(fd, w);
	closed_unseen(op, fd, was);
	birth->t = trace_now_here();
	birth->stack = __builtin_expect(lang_any(), 0) ? born_caused(s, listener) : stack_plain();
	s->stack = birth->stack;
	trail_made_by(-away, fd, was, life_kind(life), op, birth->stack, birth->t);
	return true;
}

/* made_plain() */
static inline __attribute__((always_inline)) void born_plain(const char *op, uint32_t op_len, int fd, struct life life,
							     bool cloexec, long ret)
{
	struct birth birth;
	if (!born(op, fd, life, -1, 0, &birth))
		return;
	struct brief b; /* not cleared: each member that is read is set */
	b.op = op;
	b.op_len = op_len;
	b.fd = fd;
	b.sock = birth.sock;
	b.t = birth.t;
	b.text = birth.text;
	b.ret = ret;
	b.stack = birth.stack;
	b.from = STATE_NONE;
	b.to = life.state;
	b.made = true;
	b.cloexec = cloexec;
	b.life = life;
	b.rx = b.tx = b.last = 0;
	if (__builtin_expect(watch_opened(), 0))
		born_near_limit(b);
	else
		record_brief(&b);
}

#endif
