/* Occurrences that a rule holds back: see held.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/held.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

static struct held_thread *find(struct held_thread *threads, const struct moment *moment, struct held_thread *key)
{
	struct held_thread *thread;
	memset(key, 0, sizeof *key);
	key->key.process = moment->process;
	key->key.tid = moment->event->tid;
	HASH_FIND(hh, threads, &key->key, sizeof key->key, thread);
	return thread;
}

struct held_thread *held_find(void *memory, const struct moment *moment)
{
	struct held_thread key;
	return memory ? find(memory, moment, &key) : NULL;
}

void held_add(void **memory, const struct moment *moment, const struct occurrence *occurrence)
{
	struct held_thread key, *threads = *memory, *thread = find(threads, moment, &key);
	if (!thread) {
		thread = xcalloc(1, sizeof *thread);
		thread->key = key.key;
		HASH_ADD(hh, threads, key, sizeof thread->key, thread);
		*memory = threads;
	}
	GROW(thread->held, thread->n, thread->cap);
	struct held *held = &thread->held[thread->n++];
	held->occurrence = *occurrence;
	held->occurrence.ops[ROLE_AT] = intern(moment->event->op);
	held->occurrence.error = moment->event->error ? intern(moment->event->error) : NULL;
	held->fd = moment->event->fd;
	held->local = held->occurrence.local ? xstrdup(held->occurrence.local) : NULL;
	held->peer = held->occurrence.peer ? xstrdup(held->occurrence.peer) : NULL;
}

void held_let_go(struct judge *judge, void **memory, struct held_thread *thread, int64_t low, int64_t high)
{
	struct held_thread *threads = *memory;
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

void held_finish(struct judge *judge, void **memory)
{
	while (*memory)
		held_fire(judge, memory, *memory);
}
