/* The descriptors of a process: see descriptors.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/descriptors.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "analyzer/replay/cookie.h"
#include "analyzer/replay/heirs.h"
#include "analyzer/replay/sockets.h"
#include "analyzer/replay/stack_refs.h"
#include "analyzer/base/util.h"

struct descriptor *descriptor_find(const struct traced_process *process, int64_t fd)
{
	struct descriptor *descriptor;
	HASH_FIND(hh, process->descriptors, &fd, sizeof fd, descriptor);
	return descriptor;
}

static struct descriptor *descriptor_get(struct traced_process *process, int64_t fd)
{
	struct descriptor *descriptor = descriptor_find(process, fd);
	if (!descriptor) {
		descriptor = xcalloc(1, sizeof *descriptor);
		descriptor->fd = fd;
		HASH_ADD(hh, process->descriptors, fd, sizeof descriptor->fd, descriptor);
	}
	return descriptor;
}

static void count_open(struct traced_process *process, struct socket_life *life, int64_t t, int change)
{
	if (life->recalled)
		return;
	process->open += (uint64_t)(int64_t)change;
	if (!life->origin)
		return;
	life->origin->made += change > 0;
	life->origin->sockets += (uint64_t)(int64_t)(life->kind == KIND_socket ? change : 0);
	origin_change(life->origin, t - process->t_first, change);
}

/* The life has ended: a trace with a size limit counts it. */
static void count_over(const struct traced_process *process, const struct socket_life *life)
{
	if (process->t_bounded && life->origin && life->kind == KIND_socket)
		life->origin->seen++;
}

void descriptor_close(struct cookies *cookies, struct traced_process *process, struct descriptor *descriptor,
		      const struct trace_event *event)
{
	struct socket_life *life = descriptor->now;
	DL_DELETE(life->descriptors, descriptor);
	descriptor->now = NULL;
	descriptor->before.closed = descriptor->closed;
	const struct socket_life *last = descriptor->last;
	descriptor->before.maker = last && (last->made || last->recalled) ? last->tid : -1;
	descriptor->before.kind = descriptor->last ? descriptor->last->kind : KIND_socket;
	life_unref(cookies, descriptor->last);
	descriptor->last = life; /* takes over the reference */
	descriptor->before.op = descriptor->closed_op;
	descriptor->before.t = descriptor->closed_t;
	descriptor->before.tid = descriptor->closed_t ? descriptor->closed_tid : -1;
	memcpy(descriptor->before.users, descriptor->users, sizeof descriptor->users);
	descriptor->users[0] = event && event->reader > 0 ? event->reader : 0;
	descriptor->users[1] = event && event->writer > 0 ? event->writer : 0;
	descriptor->closed = event ? stack_ref(process, event->stack) : NULL;
	descriptor->closed_op = event && event->op ? intern(event->op) : NULL;
	descriptor->closed_t = event ? event->t : 0;
	descriptor->closed_tid = event ? event->tid : -1;
	descriptor->closed_by_user = event && event->used;
	descriptor->closed_as = event ? event_tag(event) : VIOLATION_none;
	if (--life->open > 0)
		return;
	life->ended_t = event ? event->t : process->t_last;
	count_open(process, life, life->ended_t, -1);
	if (event ? event->t > process->t_bounded : !process->exited && !process->replaced)
		count_over(process, life);
	if (event && life->origin) {
		origin_closed(life->origin, life->opened_t, life->second, descriptor->fd);
		life->origin->lived += (double)life->ended_t - (double)life->t;
	}
	cookie_let_go(life, life->ended_t, event && event->note != NOTE_closed_unseen ? descriptor : NULL);
}

void descriptor_open(struct cookies *cookies, struct traced_process *process, int64_t fd, struct socket_life *life)
{
	struct descriptor *descriptor = descriptor_get(process, fd);
	if (descriptor->now == life)
		return;
	if (descriptor->now && descriptor->now->left) { /* what the program never closed remains open at this number */
		HASH_DEL(process->descriptors, descriptor);
		descriptor = descriptor_get(process, fd);
	}
	life->refs++; /* before releasing the former life of the number, which may be the same one */
	if (descriptor->now)
		descriptor_close(cookies, process, descriptor, NULL);
	descriptor->now = life;
	DL_APPEND(life->descriptors, descriptor);
	if (life->open++ > 0)
		return;
	count_open(process, life, process->t_last, 1);
	if (process->open > process->open_peak)
		process->open_peak = process->open;
}

void descriptors_shrink(struct cookies *cookies, struct traced_process *process)
{
	struct descriptor *descriptor, *next;
	heirs_forget(cookies, process);
	HASH_ITER (hh, process->descriptors, descriptor, next) {
		bool leaked = descriptor->now && descriptor->now->made && descriptor->now->leaked;
		bool lingers = descriptor->now && !descriptor->now->made && descriptor->now->t_gone;
		if ((leaked || lingers) && !process->replaced) {
			life_unref(cookies, descriptor->last);
			descriptor->last = NULL;
			continue;
		}
		if (descriptor->now)
			descriptor_close(cookies, process, descriptor, NULL);
		life_unref(cookies, descriptor->last);
		HASH_DEL(process->descriptors, descriptor);
		free(descriptor);
	}
}
