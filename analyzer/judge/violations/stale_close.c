/* stale-close: a close that hits a later life of its number. The thread closed the number before, another thread made the
 * present life, and its maker then finds it gone: the shim tags what the victim does as its own mistake. A thread that had read
 * from or written to the present life was handed it, and closed it by right.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	return xasprintf("%s of a number that this thread had closed before, and that is another thread's %s by now",
			 op_of(finding), socket_kind(finding));
}

/* What the shim said of the close when it could not know better. */
static void take_back(struct judge *judge, const struct occurrence *stale, enum violation code)
{
	struct occurrence other = *stale;
	other.code = code;
	other.stacks[ROLE_CLOSED] = NULL;
	judge_take_back(judge, &other);
}

static bool claims(struct judge *judge, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	const struct descriptor *descriptor = moment->descriptor;
	struct socket_life *life = moment->life;
	if (moment->tag == VIOLATION_stale_epoll) /* the maker still has it in a set: it does not find it gone */
		return false;
	if (!life || !descriptor || descriptor->now || descriptor->last != life)
		return false;
	int64_t closer = descriptor->closed_tid;
	if (life->told_stale && event->tid != closer)
		return true;
	if (descriptor->closed_by_user || descriptor->before.tid < 0 || descriptor->before.tid != closer ||
	    life->tid == closer || event->tid != life->tid)
		return false;
	struct occurrence occurrence = occurrence_of_life(VIOLATION_stale_close, life);
	occurrence.fds = &descriptor->fd;
	occurrence.n_fds = 1;
	occurrence.t = descriptor->closed_t;
	occurrence.stacks[ROLE_AT] = descriptor->closed;
	occurrence.ops[ROLE_AT] = descriptor->closed_op;
	occurrence.tids[ROLE_AT] = closer;
	occurrence.stacks[ROLE_CLOSED] = descriptor->before.closed;
	occurrence.ops[ROLE_CLOSED] = descriptor->before.op;
	occurrence.tids[ROLE_CLOSED] = descriptor->before.tid;
	if (descriptor->closed_as == VIOLATION_close_in_use || descriptor->closed_as == VIOLATION_unread_data)
		take_back(judge, &occurrence, descriptor->closed_as);
	judge_fire(judge, &occurrence);
	life->told_stale = true;
	return true;
}

const struct rule stale_close_rule = {
	.message = message,
	.words = {[ROLE_AT] = "closed again"},
	.claims = claims,
};
