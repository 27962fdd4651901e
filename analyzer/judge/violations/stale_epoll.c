/* stale-epoll: epoll returns an event of a registration whose descriptor is closed, since the description lives on: through a duplicate in
 * this process, or in another one. The shim tags it after the kernel has confirmed that the event belongs to no other registration.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/replay/stack_refs.h"

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding),
		   *many = finding->count == 1 ? "" : "others, such as ";
	if (finding->elsewhere)
		return xasprintf("%s returned an event of a descriptor that is closed; its %s is open through %s%lld",
				 op, kind, many, (long long)finding->through);
	const struct traced_process *keeper = finding->taker;
	if (!keeper)
		return xasprintf("%s returned an event of a descriptor that is closed; another process has its %s too",
				 op, kind);
	const char *name = process_name(keeper);
	bool child = keeper->parent && same_process(keeper->parent, finding->process);
	return xasprintf("%s returned an event of a descriptor that is closed; %s%spid %lld%s%s has its %s too", op,
			 many, child ? "child " : "", (long long)keeper->pid, name ? " " : "", name ? name : "", kind);
}

/* Another process that has it, as far as known by now: a child is preferred, then the last one. */
static const struct traced_process *keeper_of(const struct socket_life *life)
{
	const struct traced_process *keeper = NULL;
	size_t n;
	const struct holder *holders = life_holders(life, &n);
	enum { LOOKS = 256 };
	for (size_t i = n; i-- > 0 && n - i <= LOOKS;) {
		const struct traced_process *process = holders[i].process;
		if (holders[i].t_end || process->exited || process->replaced || process->t_died ||
		    same_process(process, life->process))
			continue;
		if (process->parent && same_process(process->parent, life->process))
			return process;
		if (!keeper)
			keeper = process;
	}
	return keeper;
}

/* Findings about a socket made here that is not known to be open anywhere: a child whose first line is yet to come may have it. */
struct told {
	struct {
		const struct traced_process *process;
		int64_t t; /* when it was made */
	} key;
	struct finding *finding;
	UT_hash_handle hh;
};

static struct told *told_find(struct told *all, const struct traced_process *process, int64_t t, struct told *key)
{
	struct told *told;
	memset(key, 0, sizeof *key);
	key->key.process = process;
	key->key.t = t;
	HASH_FIND(hh, all, &key->key, sizeof key->key, told);
	return told;
}

static void await_keeper(void **memory, const struct socket_life *life, struct finding *finding)
{
	struct told *all = *memory, *told, key;
	if (told_find(all, life->process, life->t, &key))
		return;
	told = xcalloc(1, sizeof *told);
	told->key = key.key;
	told->finding = finding;
	HASH_ADD(hh, all, key, sizeof told->key, told);
	*memory = all;
}

/* How the number was closed: it may have had a life since. */
static void set_closed(struct occurrence *occurrence, const struct moment *moment)
{
	const struct descriptor *descriptor = moment->descriptor;
	struct stack_ref *closed = stack_ref(moment->process, moment->event->closed);
	if (!closed || closed == occurrence->stacks[ROLE_CLOSED])
		return;
	bool last = descriptor && descriptor->closed == closed,
	     before = descriptor && descriptor->before.closed == closed;
	occurrence->stacks[ROLE_CLOSED] = closed;
	occurrence->ops[ROLE_CLOSED] = last ? descriptor->closed_op : before ? descriptor->before.op : NULL;
	occurrence->tids[ROLE_CLOSED] = last ? descriptor->closed_tid : before ? descriptor->before.tid : -1;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct socket_life *life = moment->life;
	struct occurrence occurrence = occurrence_of_tag(moment);
	set_closed(&occurrence, moment);
	occurrence.stacks[ROLE_OTHER] = stack_ref(moment->process, moment->event->registered);
	occurrence.ops[ROLE_OTHER] = "epoll_ctl";
	if (life && !occurrence.elsewhere) {
		occurrence.shared = life->cookie;
		occurrence.taker = keeper_of(life);
	}
	struct finding *finding = judge_fire(judge, &occurrence);
	if (finding && life && life->made && !occurrence.elsewhere && !finding->taker)
		await_keeper(memory, life, finding);
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	struct told *all = *memory, *told, key;
	const struct maker *maker = all && moment->event->inherited && moment->life ? life_maker(moment->life) : NULL;
	(void)judge;
	if (!maker || !moment->process->parent || !same_process(moment->process->parent, maker->process) ||
	    !(told = told_find(all, maker->process, maker->t, &key)))
		return;
	if (!told->finding->taker)
		told->finding->taker = moment->process;
	HASH_DEL(all, told);
	free(told);
	*memory = all;
}

static void finish(struct judge *judge, void **memory)
{
	struct told *all = *memory, *told, *next;
	(void)judge;
	HASH_ITER (hh, all, told, next) {
		HASH_DEL(all, told);
		free(told);
	}
	*memory = NULL;
}

const struct rule stale_epoll_rule = {
	.message = message,
	.words = {[ROLE_AT] = "handed out", [ROLE_OTHER] = "registered"},
	.at_close = true,
	.tagged = tagged,
	.moment = any,
	.finish = finish,
};
