/* double-close: close of a descriptor whose socket was already closed.
 *
 * The shim tags it, but a daemon that closes a whole range of numbers looks the same at first: the shim recognizes such a sweep a few
 * closes late. So the closes of a thread in one direction are held back until it does something else.
 *
 * A number that was closed by close(), then by the end of a stream that had it next, and now by close() again: it cannot be known which of the
 * two is closed twice.
 *
 * Where a collector closes it once more, with the object that still had the number, the mistake is the first close.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "analyzer/judge/held.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding);
	if (finding->elsewhere)
		return xasprintf("%s of a descriptor that is already closed; its %s is open through %s%lld", op, kind,
				 finding->count == 1 ? "" : "others, such as ", (long long)finding->through);
	if (finding->collected)
		return xasprintf("%s of a descriptor behind the back of its object, with which it was closed once more",
				 op);
	if (finding->earlier)
		return xasprintf(
			"%s of a descriptor that is already closed: the %s that had the number last, or the %s before it",
			op, kind, finding->earlier);
	return xasprintf("%s of a descriptor whose %s is already closed", op, kind);
}

/* Whether the number continues in the direction of those held back. */
static bool goes_on(const struct held_thread *thread, int64_t fd)
{
	int64_t last = thread->held[thread->n - 1].fd;
	if (thread->n == 1)
		return fd != last;
	return thread->held[0].fd < last ? fd > last : fd < last;
}

static bool is_end_of_stream(const char *op)
{
	return op && (strcmp(op, "fclose") == 0 || strcmp(op, "pclose") == 0 || strcmp(op, "closedir") == 0);
}

/* Whether the thread may mean what it closed before the last life began. */
static bool may_mean_the_former(const struct moment *moment)
{
	const struct descriptor *descriptor = moment->descriptor;
	const struct trace_event *event = moment->event;
	return descriptor && !descriptor->now && is_end_of_stream(descriptor->closed_op) && descriptor->before.op &&
	       strcmp(descriptor->before.op, event->op) == 0 && descriptor->before.tid == event->tid;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct held_thread *thread = held_find(*memory, moment);
	if (thread && !goes_on(thread, moment->event->fd))
		held_fire(judge, memory, thread);
	struct occurrence occurrence = occurrence_of(VIOLATION_double_close, moment);
	occurrence.collected = moment->event->note == NOTE_collected;
	if (may_mean_the_former(moment)) {
		const struct descriptor *descriptor = moment->descriptor;
		occurrence.earlier = kind_words(descriptor->before.kind, NULL);
		occurrence.stacks[ROLE_OTHER] = descriptor->before.closed;
		occurrence.ops[ROLE_OTHER] = descriptor->before.op;
		occurrence.tids[ROLE_OTHER] = descriptor->before.tid;
	}
	held_add(memory, moment, &occurrence);
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct held_thread *thread = held_find(*memory, moment);
	if (!thread)
		return;
	if (event->note == NOTE_sweep && event->newfd != NO_FD) {
		bool up = event->fd < event->newfd;
		held_let_go(judge, memory, thread, up ? event->fd : event->newfd, up ? event->newfd : event->fd);
	} else if (event->kind != EVENT_FD || strcmp(event->op, "close") != 0) {
		held_fire(judge, memory, thread);
	}
}

static bool is_same(const struct symbol *a, const struct symbol *b)
{
	return strcmp(a->function, b->function) == 0 && a->line == b->line;
}

/* The advice depends on who closes it. */
static char *advice(const struct finding *finding, const struct places *places)
{
	const struct symbol *first = places->roles[ROLE_CLOSED], *second = places->roles[ROLE_AT];
	int64_t tid = finding->tids[ROLE_CLOSED];
	if (finding->collected)
		return NULL;
	if (finding->earlier)
		return xstrdup("one of the two is closed twice: set its variable to -1 where it is closed first");
	if (tid > 0 && finding->tids[ROLE_AT] > 0 && tid != finding->tids[ROLE_AT])
		return xstrdup("two threads close it: let one own the descriptor, or let each take it with an atomic "
			       "exchange of the variable for -1");
	if (!first || !second || !first->function || !second->function)
		return NULL;
	if (is_same(first, second))
		return xasprintf("%s closes it twice: %s", second->function,
				 second->lang == LANG_c ? "set the variable to -1 after closing it"
							: "close it once, by the object that has it");
	if (strcmp(first->function, second->function) != 0)
		return xasprintf("%s and %s both close it: let one of them own the descriptor", first->function,
				 second->function);
	return NULL;
}

const struct rule double_close_rule = {
	.message = message,
	.advice = advice,
	.words = {[ROLE_AT] = "closed again", [ROLE_OTHER] = "closed before the last one was opened"},
	.tagged = tagged,
	.moment = any,
	.finish = held_finish,
};
