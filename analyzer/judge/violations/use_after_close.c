/* use-after-close: a call on a descriptor whose socket is closed. The shim tags it.
 *
 * A collector that closes the number once more, with its object, may ask about it right before, for a message: that is one mistake, and a
 * double-close.
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
		return xasprintf("%s on a descriptor that is closed; its %s is open through %s%lld", op, kind,
				 finding->count == 1 ? "" : "others, such as ", (long long)finding->through);
	return xasprintf("%s on a descriptor whose %s is closed", op, kind);
}

static bool only_asks(const char *op)
{
	return strcmp(op, "getsockname") == 0 || strcmp(op, "getpeername") == 0 || strcmp(op, "getsockopt") == 0;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct held_thread *thread = held_find(*memory, moment);
	bool asks = only_asks(moment->event->op);
	if (thread && (!asks || thread->held->fd != moment->event->fd))
		held_fire(judge, memory, thread);
	struct occurrence occurrence = occurrence_of_tag(moment);
	if (asks)
		held_add(memory, moment, &occurrence);
	else
		judge_fire(judge, &occurrence);
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	struct held_thread *thread = held_find(*memory, moment);
	int64_t fd = thread ? thread->held->fd : 0;
	bool has_objects = moment->stack && moment->stack->stack && moment->stack->stack->lang != LANG_c;
	if (thread && moment->tag == VIOLATION_double_close && moment->event->fd == fd &&
	    (has_objects || moment->event->note == NOTE_collected))
		held_let_go(judge, memory, thread, fd, fd);
	else if (thread)
		held_fire(judge, memory, thread);
}

const struct rule use_after_close_rule = {
	.message = message,
	.tagged = tagged,
	.moment = any,
	.finish = held_finish,
};
