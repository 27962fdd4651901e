/* stale-close: a close that hits a later life of its number. The thread closed the number before, or had used what another closed; another
 * thread made the present life, and its maker then finds it gone: the shim tags what the victim does as the victim's own mistake. A thread
 * that had read from or written to the present life was handed it, and may close it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

#include <string.h>

static char *message(const struct finding *finding)
{
	const char *who = finding->tids[ROLE_CLOSED] == finding->tids[ROLE_AT] ? "this thread" : "another thread";
	if (finding->former == finding->kind)
		return xasprintf("%s of a number that %s had closed before, and that is another thread's %s by now",
				 op_of(finding), who, socket_kind(finding));
	return xasprintf("%s of a number whose %s %s had closed before, and that is another thread's %s by now",
			 op_of(finding), kind_words(finding->former, NULL), who, socket_kind(finding));
}

/* The shim's tag for the close, before it could know better. */
static void take_back(struct judge *judge, const struct occurrence *stale, enum violation code)
{
	struct occurrence other = *stale;
	other.code = code;
	other.stacks[ROLE_CLOSED] = NULL;
	judge_take_back(judge, &other);
}

/* Whether two closes are at different places of the program, regardless of their callers. */
static bool apart(const struct stack_ref *a, const struct stack_ref *b)
{
	const struct stack *x = a ? a->stack : NULL, *y = b ? b->stack : NULL;
	if (!x || !y || !x->n_frames || !y->n_frames)
		return false;
	if (x->n_script && y->n_script)
		return strcmp(x->script[0], y->script[0]) != 0;
	return x->frames[0].module != y->frames[0].module || x->frames[0].offset != y->frames[0].offset;
}

/* Whether the closing thread meant the number's former life, and not the last. */
static bool meant_the_former(const struct descriptor *descriptor, enum violation found)
{
	const struct socket_life *last = descriptor->last;
	int64_t closer = descriptor->closed_tid, former = descriptor->before.tid;
	if (descriptor->closed_by_user || former < 0 || last->tid == closer)
		return false;
	if (former == closer || (descriptor->before.maker == closer && former != last->tid) ||
	    (closer > 0 && (descriptor->before.users[0] == closer || descriptor->before.users[1] == closer)))
		return true;
	/* Two threads that each close what a third one owns and goes on to use, at places of their own. Who used a life that is only
	 * recalled is unknown. */
	return found == VIOLATION_use_after_close && !last->recalled && former != last->tid &&
	       apart(descriptor->before.closed, descriptor->closed);
}

/* Of the last life of a number. */
static struct occurrence stale(const struct descriptor *descriptor)
{
	struct occurrence occurrence = occurrence_of_life(VIOLATION_stale_close, descriptor->last);
	occurrence.former = descriptor->before.kind;
	occurrence.fds = &descriptor->fd;
	occurrence.n_fds = 1;
	occurrence.t = descriptor->closed_t;
	occurrence.stacks[ROLE_AT] = descriptor->closed;
	occurrence.ops[ROLE_AT] = descriptor->closed_op;
	occurrence.tids[ROLE_AT] = descriptor->closed_tid;
	occurrence.stacks[ROLE_CLOSED] = descriptor->before.closed;
	occurrence.ops[ROLE_CLOSED] = descriptor->before.op;
	occurrence.tids[ROLE_CLOSED] = descriptor->before.tid;
	if (descriptor->before.op)
		story_add(&occurrence.story,
			  step_at(descriptor->before.op, descriptor->before.closed, descriptor->before.t,
				  descriptor->last->process->pid, descriptor->before.tid));
	return occurrence;
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
	if (life->told_stale && event->tid != descriptor->closed_tid)
		return true;
	if (event->tid != life->tid || !meant_the_former(descriptor, moment->tag))
		return false;
	struct occurrence occurrence = stale(descriptor);
	if (descriptor->closed_as == VIOLATION_close_in_use || descriptor->closed_as == VIOLATION_unread_data)
		take_back(judge, &occurrence, descriptor->closed_as);
	judge_fire(judge, &occurrence);
	life->told_stale = true;
	return true;
}

/* The maker did not find it gone: it closed a whole range of numbers, this one among them. */
static void swept(struct judge *judge, void **memory, const struct moment *moment)
{
	(void)memory;
	const struct trace_event *event = moment->event;
	if (event->note != NOTE_sweep || event->newfd == NO_FD)
		return;
	int64_t low = event->fd < event->newfd ? event->fd : event->newfd;
	int64_t high = event->fd < event->newfd ? event->newfd : event->fd;
	for (const struct descriptor *descriptor = moment->process->descriptors; descriptor;
	     descriptor = descriptor->hh.next) {
		struct socket_life *life = descriptor->last;
		if (descriptor->fd < low || descriptor->fd > high || descriptor->now || !life || !life->told_stale ||
		    life->tid != event->tid)
			continue;
		struct occurrence occurrence = stale(descriptor);
		judge_take_back(judge, &occurrence);
		life->told_stale = false;
	}
}

const struct rule stale_close_rule = {
	.message = message,
	.words = {[ROLE_AT] = "closed again"},
	.claims = claims,
	.moment = swept,
};
