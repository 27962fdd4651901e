/* close-in-use and concurrent-io: a thread was inside a call when another closed the descriptor, or entered a call too.
 *
 * The shim tags them in the other thread's call. The thread that was inside adds a line once it is back, and its call and stack are merged
 * into the earlier finding. If it never comes back, only its id is known.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/inside.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

/* The last misuse of a socket, and who was inside. */
struct met {
	struct {
		const struct traced_process *process;
		int64_t sock;
	} key;
	struct finding *finding;
	int64_t tid;
	UT_hash_handle hh;
};

static struct met *met_find(struct met *all, const struct moment *moment, struct met *key)
{
	struct met *met;
	memset(key, 0, sizeof *key);
	key->key.process = moment->process;
	key->key.sock = moment->event->sock;
	HASH_FIND(hh, all, &key->key, sizeof key->key, met);
	return met;
}

void inside_tagged(struct judge *judge, void **memory, const struct moment *moment)
{
	struct met *all = *memory, *met, key;
	struct occurrence occurrence = occurrence_of(moment->tag, moment);
	occurrence.tids[ROLE_OTHER] = moment->event->other;
	struct finding *finding = judge_fire(judge, &occurrence);
	if (!finding || moment->event->other <= 0 || finding->ops[ROLE_OTHER])
		return; /* an earlier occurrence covers it */
	met = met_find(all, moment, &key);
	if (!met) {
		met = xcalloc(1, sizeof *met);
		met->key = key.key;
		HASH_ADD(hh, all, key, sizeof met->key, met);
		*memory = all;
	}
	met->finding = finding;
	met->tid = moment->event->other;
}

void inside_moment(struct judge *judge, void **memory, const struct moment *moment)
{
	const struct trace_event *event = moment->event;
	struct met *all = *memory, *met, key;
	(void)judge;
	if (!all || event->note != NOTE_inside || !(met = met_find(all, moment, &key)) || met->tid != event->tid)
		return;
	if (!met->finding->ops[ROLE_OTHER]) {
		met->finding->stacks[ROLE_OTHER] = moment->stack;
		met->finding->ops[ROLE_OTHER] = intern(event->op);
		met->finding->tids[ROLE_OTHER] = event->tid;
	}
	HASH_DEL(all, met);
	free(met);
	*memory = all;
}

void inside_finish(struct judge *judge, void **memory)
{
	struct met *all = *memory, *met, *next;
	(void)judge;
	HASH_ITER (hh, all, met, next) {
		HASH_DEL(all, met);
		free(met);
	}
	*memory = NULL;
}
