/* stale-epoll: epoll hands out an event of a registration whose number is closed, since the description lives on: through a duplicate in
 * this process, or in another one. The shim's tag tells it, once the kernel has said that the event is of no other registration.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"
#include "analyzer/replay/cookie.h"
#include "analyzer/replay/stack_refs.h"

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding),
		   *many = finding->count == 1 ? "" : "others, such as ";
	if (finding->elsewhere)
		return xasprintf("%s handed out an event of a descriptor that is closed; its %s is open through %s%lld",
				 op, kind, many, (long long)finding->through);
	const struct traced_process *keeper = finding->taker;
	if (!keeper)
		return xasprintf(
			"%s handed out an event of a descriptor that is closed; another process has its %s too", op,
			kind);
	const char *name = process_name(keeper);
	bool child = keeper->parent && same_process(keeper->parent, finding->process);
	return xasprintf("%s handed out an event of a descriptor that is closed; %s%spid %lld%s%s has its %s too", op,
			 many, child ? "child " : "", (long long)keeper->pid, name ? " " : "", name ? name : "", kind);
}

/* Another process that has it, as far as is known by now: a child before others, the last one before earlier ones. */
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

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct occurrence occurrence = occurrence_of_tag(moment);
	struct stack_ref *closed = stack_ref(moment->process, moment->event->closed);
	(void)memory;
	/* The number may have had a life since. */
	if (closed && closed != occurrence.stacks[ROLE_CLOSED]) {
		occurrence.stacks[ROLE_CLOSED] = closed;
		occurrence.ops[ROLE_CLOSED] = NULL;
		occurrence.tids[ROLE_CLOSED] = -1;
	}
	occurrence.stacks[ROLE_OTHER] = stack_ref(moment->process, moment->event->registered);
	occurrence.ops[ROLE_OTHER] = "epoll_ctl";
	if (moment->life && !occurrence.elsewhere) {
		occurrence.shared = moment->life;
		occurrence.taker = keeper_of(moment->life);
	}
	judge_fire(judge, &occurrence);
}

const struct rule stale_epoll_rule = {
	.message = message,
	.words = {[ROLE_AT] = "handed out", [ROLE_OTHER] = "registered"},
	.at_close = true,
	.tagged = tagged,
};
