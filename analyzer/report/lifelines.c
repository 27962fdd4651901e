/* The lives of descriptors over time: see lifelines.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/report/lifelines.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"
#include "analyzer/base/violation.h"

struct lifelines *lifelines_new(void)
{
	struct lifelines *lifelines = xcalloc(1, sizeof *lifelines);
	lifelines->stride = 1;
	return lifelines;
}

static void drop_life(struct lifelines *lifelines, struct lifeline *life)
{
	HASH_DEL(lifelines->lives, life);
	lifelines->n_over -= life->over;
	free(life->marks);
	free(life->local);
	free(life->peer);
	free(life);
}

void lifelines_free(struct lifelines *lifelines)
{
	struct lifeline *life, *next;
	if (!lifelines)
		return;
	HASH_ITER (hh, lifelines->lives, life, next)
		drop_life(lifelines, life);
	free(lifelines->strays);
	free(lifelines);
}

/* Drops every second life that has ended; `all`: including those that were misused or left open. */
static void thin(struct lifelines *lifelines, bool all)
{
	struct lifeline *life, *next;
	size_t seen = 0;
	HASH_ITER (hh, lifelines->lives, life, next)
		if (life->over && (all || !(life->misused || life->leaked)) && seen++ % 2)
			drop_life(lifelines, life);
}

/* False: there is no room, since open lives alone fill it. */
static bool make_room(struct lifelines *lifelines)
{
	if (HASH_COUNT(lifelines->lives) >= LIFELINE_LIVES && lifelines->n_over >= LIFELINE_LIVES / 4) {
		lifelines->stride *= 2;
		thin(lifelines, false);
		if (HASH_COUNT(lifelines->lives) >= LIFELINE_LIVES / 8 * 7)
			thin(lifelines, true);
	}
	return HASH_COUNT(lifelines->lives) < LIFELINE_LIVES;
}

/* NULL: it is not kept. */
static struct lifeline *life_of(struct lifelines *lifelines, const struct moment *moment)
{
	const struct socket_life *from = moment->life;
	struct lifeline_key key;
	struct lifeline *life;
	memset(&key, 0, sizeof key);
	key.process = from->process;
	key.sock = from->sock;
	HASH_FIND(hh, lifelines->lives, &key, sizeof key, life);
	if (life || (from->ended_t && !moment->ended))
		return life;
	lifelines->began++;
	if (!make_room(lifelines))
		return NULL;
	life = xcalloc(1, sizeof *life);
	life->key = key;
	life->kind = from->kind;
	life->made = from->made;
	life->opened = from->opened ? from->opened : moment->stack;
	life->opened_op = from->opened_op;
	life->t = from->t;
	life->tid = from->tid;
	life->fd = moment->event->fd;
	life->rx = life->tx = -1;
	HASH_ADD(hh, lifelines->lives, key, sizeof key, life);
	return life;
}

static struct lifeline_mark mark_of(const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	return (struct lifeline_mark){
		.op = event->op ? intern(event->op) : NULL,
		.error = event->error ? intern(event->error) : NULL,
		.violation = moment->tag ? violations[moment->tag].slug : NULL,
		.stack = moment->stack,
		.t = event->t,
		.tid = event->tid,
		.fd = event->fd,
		.count = 1,
		.to = event->to,
	};
}

static bool is_repeated(const struct lifeline_mark *a, const struct lifeline_mark *b)
{
	return a->op == b->op && a->error == b->error && a->stack == b->stack && a->tid == b->tid && a->fd == b->fd &&
	       a->to == b->to && a->violation == b->violation;
}

static void add_mark(struct lifeline *life, const struct moment *moment)
{
	struct lifeline_mark mark = mark_of(moment);
	if (life->n && is_repeated(&life->marks[life->n - 1], &mark)) {
		life->marks[life->n - 1].count++;
		return;
	}
	if (life->n == LIFELINE_MARKS) {
		life->omitted += life->marks[--life->n].count;
	} else if (life->n == life->cap) {
		life->cap = life->cap ? life->cap * 2 : 3;
		life->marks = xreallocarray(life->marks, life->cap, sizeof *life->marks);
	}
	life->marks[life->n++] = mark;
}

static void keep_text(char **kept, const char *text)
{
	if (!text || (*kept && strcmp(*kept, text) == 0))
		return;
	free(*kept);
	*kept = xstrdup(text);
}

static void end_life(struct lifelines *lifelines, struct lifeline *life)
{
	if (life->over)
		return;
	life->over = true;
	lifelines->n_over++;
	if (!life->misused && !life->leaked && lifelines->turn++ % lifelines->stride)
		drop_life(lifelines, life);
}

static void learn_stray(struct lifelines *lifelines, const struct moment *moment)
{
	if (!moment->tag || !moment->process || lifelines->n_strays == LIFELINE_STRAYS)
		return;
	GROW(lifelines->strays, lifelines->n_strays, lifelines->cap_strays);
	lifelines->strays[lifelines->n_strays++] = (struct lifeline_stray){moment->process, mark_of(moment)};
}

void lifelines_learn(struct lifelines *lifelines, const struct moment *moment)
{
	const struct socket_life *from = moment->life;
	const struct trace_event *event = moment->event;
	if (!from || from->recalled) {
		learn_stray(lifelines, moment);
		return;
	}
	struct lifeline *life = life_of(lifelines, moment);
	if (!life) {
		learn_stray(lifelines, moment);
		return;
	}
	life->family = from->family;
	life->type = from->type;
	keep_text(&life->local, from->local);
	keep_text(&life->peer, from->peer);
	life->rx = from->rx > 0 || event->rx >= 0 ? from->rx : life->rx;
	life->tx = from->tx > 0 || event->tx >= 0 ? from->tx : life->tx;
	if (event->cookie)
		life->cookie = intern(event->cookie);
	life->state = from->state;
	life->misused |= moment->tag != VIOLATION_none;
	if (event->kind == EVENT_LEAK) {
		life->leaked = true;
		end_life(lifelines, life);
		return;
	}
	add_mark(life, moment);
	if (moment->ended && !life->over) {
		life->t_end = event->t;
		end_life(lifelines, life);
	}
}
