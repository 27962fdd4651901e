/* ports-exhausted: no local port is left for a connect, a bind or a listen. The shim tags it.
 *
 * The place that used most ports is computed here: a port is in use while a socket has it, and for a minute after a TCP connection that
 * this side closed first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"

/* TCP_TIMEWAIT_LEN of Linux, in ns. */
#define TIME_WAIT INT64_C(60000000000)

/* A place that makes sockets, and the ports they used. */
struct spender {
	struct {
		const void *place; /* its stack, by content if that is known */
		uint64_t datagrams;
	} key;
	struct stack_ref *opened;
	const char *op;
	int64_t tid;
	uint64_t open, waiting;
	UT_hash_handle hh;
};

/* A connection that is in TIME_WAIT. */
struct waiting {
	int64_t t;
	struct spender *spender;
};

struct spending {
	struct spender *spenders;
	struct waiting *waiting; /* from first on, by time */
	size_t first, n, cap;
};

static struct spending *spending_of(void **memory)
{
	if (!*memory)
		*memory = xcalloc(1, sizeof(struct spending));
	return *memory;
}

static bool is_datagram(const struct socket_life *life) { return life->type && strcmp(life->type, "SOCK_DGRAM") == 0; }

/* An accepted socket has its listener's port. */
static bool spends(const struct socket_life *life)
{
	return life->made && life->opened_op && strcmp(life->opened_op, "socket") == 0 && life->family &&
	       strncmp(life->family, "AF_INET", 7) == 0 && life->type &&
	       (strcmp(life->type, "SOCK_STREAM") == 0 || is_datagram(life)) && life->state > STATE_CLOSED;
}

static struct spender *spender_of(struct spending *spending, const struct socket_life *life)
{
	struct spender *spender, key;
	struct stack_ref *opened = life->opened;
	memset(&key, 0, sizeof key);
	key.key.place = opened && opened->stack ? (const void *)opened->stack : opened;
	key.key.datagrams = is_datagram(life);
	HASH_FIND(hh, spending->spenders, &key.key, sizeof key.key, spender);
	if (!spender) {
		spender = xcalloc(1, sizeof *spender);
		spender->key = key.key;
		spender->opened = opened;
		spender->op = life->opened_op;
		spender->tid = life->tid;
		HASH_ADD(hh, spending->spenders, key, sizeof spender->key, spender);
	}
	return spender;
}

/* Whether this side closes first, in an orderly way, and so gets the TIME_WAIT. */
static bool closes_first(const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	const struct socket_life *life = moment->life;
	enum state from = event->kind == EVENT_LEAK ? event->state : event->from;
	return !is_datagram(life) && event->unread <= 0 && event->close_wait <= 0 && !life_shared(life) &&
	       (from == STATE_ESTABLISHED || from == STATE_FIN_WAIT || (from == STATE_CLOSING && life->shut_first));
}

static void wait_out(struct spending *spending, int64_t now)
{
	for (; spending->first < spending->n && now - spending->waiting[spending->first].t > TIME_WAIT;
	     spending->first++)
		spending->waiting[spending->first].spender->waiting--;
	if (spending->first <= spending->n / 2)
		return;
	spending->n -= spending->first;
	memmove(spending->waiting, spending->waiting + spending->first, spending->n * sizeof *spending->waiting);
	spending->first = 0;
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	struct socket_life *life = moment->life;
	const struct trace_event *event = moment->event;
	(void)judge;
	if (!life)
		return;
	bool ends = moment->ended || event->kind == EVENT_LEAK;
	life->shut_first |= event->to == STATE_FIN_WAIT;
	if (!life->spender && !ends && spends(life)) {
		life->spender = spender_of(spending_of(memory), life);
		life->spender->open++;
	} else if (life->spender && (ends || life->state == STATE_CLOSED)) {
		life->spender->open--;
		if (ends && closes_first(moment)) {
			struct spending *spending = spending_of(memory);
			wait_out(spending, event->t);
			GROW(spending->waiting, spending->n, spending->cap);
			spending->waiting[spending->n++] = (struct waiting){event->t, life->spender};
			life->spender->waiting++;
		}
		life->spender = NULL;
	}
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct spending *spending = spending_of(memory);
	struct occurrence occurrence = occurrence_of_tag(moment);
	struct finding *finding = judge_fire(judge, &occurrence);
	const struct spender *most = NULL;
	if (!finding || finding->count > 1 || !moment->life)
		return; /* the first occurrence covers it */
	wait_out(spending, moment->event->t);
	for (const struct spender *one = spending->spenders; one; one = one->hh.next)
		if (one->key.datagrams == is_datagram(moment->life) &&
		    one->open + one->waiting > (most ? most->open + most->waiting : 0))
			most = one;
	if (!most)
		return;
	finding->stacks[ROLE_OTHER] = most->opened;
	finding->ops[ROLE_OTHER] = most->op;
	finding->tids[ROLE_OTHER] = most->tid;
	finding->open = most->open;
	finding->waiting = most->waiting;
}

static void finish(struct judge *judge, void **memory)
{
	struct spending *spending = *memory;
	struct spender *spender, *next;
	(void)judge;
	if (!spending)
		return;
	HASH_ITER (hh, spending->spenders, spender, next) {
		HASH_DEL(spending->spenders, spender);
		free(spender);
	}
	free(spending->waiting);
	free(spending);
	*memory = NULL;
}

static char *message(const struct finding *finding)
{
	const char *error = finding->error ? finding->error : "an error";
	if (!finding->ops[ROLE_OTHER])
		return xasprintf("%s failed with %s: no local port is left", op_of(finding), error);
	return xasprintf("%s failed with %s: no local port is left; the place that used most has %llu open and %llu "
			 "in TIME_WAIT",
			 op_of(finding), error, (unsigned long long)finding->open,
			 (unsigned long long)finding->waiting);
}

const struct rule ports_exhausted_rule = {
	.entailed = ENTAILED_ALWAYS,
	.words = {[ROLE_AT] = "failed", [ROLE_OTHER] = "used most, opened"},
	.message = message,
	.tagged = tagged,
	.moment = any,
	.finish = finish,
};
