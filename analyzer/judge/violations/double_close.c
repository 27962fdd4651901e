/* double-close: close of a descriptor whose socket was already closed.
 *
 * The shim tags it, but a daemon that closes a whole range of numbers looks the same at first: the shim recognizes such a sweep a few
 * closes late. So the closes of a thread in one direction are held back until it does something else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/judge/rule.h"
#include "analyzer/base/util.h"

static char *message(const struct finding *finding)
{
	const char *op = op_of(finding), *kind = socket_kind(finding);
	if (finding->elsewhere)
		return xasprintf("%s of a descriptor that is already closed; its %s is open through %s%lld", op, kind,
				 finding->count == 1 ? "" : "others, such as ", (long long)finding->through);
	return xasprintf("%s of a descriptor whose %s is already closed", op, kind);
}

struct held {
	struct occurrence occurrence; /* owns its strings */
	int64_t fd;
	char *local, *peer;
};

struct closing_thread {
	struct {
		const struct traced_process *process;
		int64_t tid;
	} key;
	struct held *held;
	size_t n, cap;
	UT_hash_handle hh;
};

static struct closing_thread *thread_find(struct closing_thread *threads, const struct moment *moment,
					  struct closing_thread *key)
{
	struct closing_thread *thread;
	memset(key, 0, sizeof *key);
	key->key.process = moment->process;
	key->key.tid = moment->event->tid;
	HASH_FIND(hh, threads, &key->key, sizeof key->key, thread);
	return thread;
}

/* Fires what is held back, except for the numbers from `low` to `high`. */
static void let_go(struct judge *judge, void **memory, struct closing_thread *thread, int64_t low, int64_t high)
{
	struct closing_thread *threads = *memory;
	for (size_t i = 0; i < thread->n; i++) {
		struct held *held = &thread->held[i];
		held->occurrence.fds = &held->fd;
		held->occurrence.local = held->local;
		held->occurrence.peer = held->peer;
		if (held->fd < low || held->fd > high)
			judge_fire(judge, &held->occurrence);
		free(held->local);
		free(held->peer);
	}
	HASH_DEL(threads, thread);
	*memory = threads;
	free(thread->held);
	free(thread);
}

/* Whether the number continues in the direction of those held back. */
static bool goes_on(const struct closing_thread *thread, int64_t fd)
{
	int64_t last = thread->held[thread->n - 1].fd;
	if (thread->n == 1)
		return fd != last;
	return thread->held[0].fd < last ? fd > last : fd < last;
}

static void tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct closing_thread key;
	struct closing_thread *thread = thread_find(*memory, moment, &key);
	if (thread && !goes_on(thread, moment->event->fd)) {
		let_go(judge, memory, thread, 0, -1);
		thread = NULL;
	}
	if (!thread) {
		struct closing_thread *threads = *memory;
		thread = xcalloc(1, sizeof *thread);
		thread->key = key.key;
		HASH_ADD(hh, threads, key, sizeof thread->key, thread);
		*memory = threads;
	}
	GROW(thread->held, thread->n, thread->cap);
	struct held *held = &thread->held[thread->n++];
	held->occurrence = occurrence_of(VIOLATION_double_close, moment);
	held->occurrence.ops[ROLE_AT] = intern(moment->event->op);
	held->occurrence.error = moment->event->error ? intern(moment->event->error) : NULL;
	held->fd = moment->event->fd;
	held->local = held->occurrence.local ? xstrdup(held->occurrence.local) : NULL;
	held->peer = held->occurrence.peer ? xstrdup(held->occurrence.peer) : NULL;
}

static void any(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct closing_thread key;
	struct closing_thread *thread = *memory ? thread_find(*memory, moment, &key) : NULL;
	if (!thread)
		return;
	if (event->note == NOTE_sweep && event->newfd != NO_FD) {
		bool up = event->fd < event->newfd;
		let_go(judge, memory, thread, up ? event->fd : event->newfd, up ? event->newfd : event->fd);
	} else if (event->kind != EVENT_FD || strcmp(event->op, "close") != 0) {
		let_go(judge, memory, thread, 0, -1);
	}
}

static void finish(struct judge *judge, void **memory)
{
	while (*memory)
		let_go(judge, memory, *memory, 0, -1);
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
	if (tid > 0 && finding->tids[ROLE_AT] > 0 && tid != finding->tids[ROLE_AT])
		return xstrdup("two threads close it: let one own the descriptor, or let each take it with an atomic "
			       "exchange of the variable for -1");
	if (!first || !second || !first->function || !second->function)
		return NULL;
	if (is_same(first, second))
		return xasprintf("%s closes it twice: set the variable to -1 after closing it", second->function);
	if (strcmp(first->function, second->function) != 0)
		return xasprintf("%s and %s both close it: let one of them own the descriptor", first->function,
				 second->function);
	return NULL;
}

const struct rule double_close_rule = {
	.message = message,
	.advice = advice,
	.words = {[ROLE_AT] = "closed again"},
	.tagged = tagged,
	.moment = any,
	.finish = finish,
};
