/* Reads the events of a session again: see second_pass.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/second_pass.h"

#include <stdlib.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"
#include "analyzer/read/trace_reader.h"
#include "analyzer/symbols/symbols.h"
#include "shim/model/kinds.h"

/* Maps a process of this pass to the first pass: the same events make the same processes in the same order. */
struct process_pair {
	const struct traced_process *second; /* the key */
	const struct traced_process *first;
	UT_hash_handle hh;
};

struct second_pass {
	struct trace_reader *reader;
	struct replay *replay;
	const struct traced_process *next_first, *last_second; /* paired up to here */
	struct process_pair *pairs;
	int64_t since_epoch; /* time of day at the clock's zero, by the last process that recorded both; 0: unknown */
};

struct second_pass *second_pass_new(const struct session *session)
{
	struct trace_reader *reader = session_read_again(session);
	if (!reader)
		return NULL;
	struct second_pass *pass = xcalloc(1, sizeof *pass);
	pass->reader = reader;
	pass->replay = replay_new();
	pass->next_first = session_processes(session);
	replay_kinds(pass->replay, KINDS_ALL);
	return pass;
}

static void pair_processes(struct second_pass *pass)
{
	const struct traced_process *second =
		pass->last_second ? pass->last_second->next : replay_processes(pass->replay);
	for (; second; second = second->next) {
		struct process_pair *pair = xcalloc(1, sizeof *pair);
		pair->second = pass->last_second = second;
		pair->first = pass->next_first;
		HASH_ADD_PTR(pass->pairs, second, pair);
		pass->next_first = pass->next_first ? pass->next_first->next : NULL;
	}
}

static const struct traced_process *first_of(const struct second_pass *pass, const struct traced_process *second)
{
	struct process_pair *pair;
	HASH_FIND_PTR(pass->pairs, &second, pair);
	return pair ? pair->first : NULL;
}

/* The process of any other kind of event: the last one with its pid in its file. */
static const struct traced_process *process_of(const struct second_pass *pass, const struct trace_event *event)
{
	const struct traced_process *found = NULL;
	for (const struct traced_process *process = replay_processes(pass->replay); process; process = process->next)
		if (process->file == event->file && process->pid == event->pid)
			found = process;
	return found;
}

bool second_pass_next(struct second_pass *pass, struct passed *passed)
{
	const char *contradiction;
	*passed = (struct passed){.event = trace_reader_next(pass->reader)};
	if (!passed->event)
		return false;
	passed->json = trace_reader_json(pass->reader);
	if (!replay_event(pass->replay, passed->event, &passed->moment, &contradiction))
		passed->moment = (struct moment){0};
	pair_processes(pass);
	bool defines = passed->event->kind == EVENT_STACK || passed->event->kind == EVENT_MODULE;
	const struct traced_process *second = passed->moment.process ? passed->moment.process
					      : defines		     ? NULL /* not needed, and there are many */
								     : process_of(pass, passed->event);
	passed->process = second ? first_of(pass, second) : NULL;
	if (passed->event->kind == EVENT_PROCESS && passed->event->wall > passed->event->t)
		pass->since_epoch = passed->event->wall - passed->event->t;
	if (pass->since_epoch && passed->event->t < INT64_MAX - pass->since_epoch)
		passed->wall = pass->since_epoch + passed->event->t;
	return true;
}

const struct symbols *passed_stack(const struct passed *passed, int64_t id)
{
	struct stack_ref *ref = NULL;
	if (passed->process && id >= 0)
		HASH_FIND(hh, passed->process->stacks, &id, sizeof id, ref);
	return ref && ref->stack ? symbolize(ref->stack) : NULL;
}

void second_pass_free(struct second_pass *pass)
{
	struct process_pair *pair, *next;
	HASH_ITER (hh, pass->pairs, pair, next) {
		HASH_DEL(pass->pairs, pair);
		free(pair);
	}
	replay_free(pass->replay);
	trace_reader_free(pass->reader);
	free(pass);
}
