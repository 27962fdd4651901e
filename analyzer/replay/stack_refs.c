/* The stacks and modules of a process by their ids in its trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/stack_refs.h"

#include <stdlib.h>

#include "analyzer/base/util.h"

struct module_ref {
	int64_t id;
	const struct module *module;
	UT_hash_handle hh;
};

struct stack_ref *stack_ref(struct traced_process *process, int64_t id)
{
	struct stack_ref *ref;
	if (id < 0)
		return NULL;
	HASH_FIND(hh, process->stacks, &id, sizeof id, ref);
	if (!ref) {
		ref = xcalloc(1, sizeof *ref);
		ref->id = id;
		HASH_ADD(hh, process->stacks, id, sizeof id, ref);
	}
	return ref;
}

static const struct module *module_of(struct traced_process *process, int64_t id)
{
	struct module_ref *ref;
	HASH_FIND(hh, process->modules, &id, sizeof id, ref);
	return ref ? ref->module : NULL;
}

void stack_refs_module(struct traced_process *process, const struct trace_event *event)
{
	struct module_ref *ref;
	HASH_FIND(hh, process->modules, &event->id, sizeof event->id, ref);
	if (!ref) {
		ref = xcalloc(1, sizeof *ref);
		ref->id = event->id;
		HASH_ADD(hh, process->modules, id, sizeof ref->id, ref);
	}
	ref->module = module_intern(event->path, event->build_id, event->base);
}

void stack_refs_stack(struct traced_process *process, const struct trace_event *event)
{
	struct stack_ref *ref = stack_ref(process, event->id);
	if (!ref)
		return;
	struct frame *frames = xcalloc(event->n_frames, sizeof *frames);
	for (size_t i = 0; i < event->n_frames; i++) {
		frames[i].module = module_of(process, event->frames[i].module);
		frames[i].offset = event->frames[i].offset;
	}
	ref->stack = stack_intern(&(struct stack){
		.n_frames = event->n_frames,
		.n_script = event->n_script,
		.n_runs = event->n_runs,
		.frames = frames,
		.lang = event->lang,
		.script = event->script,
		.runs = event->runs,
	});
	free(frames);
}

void stack_refs_free(struct traced_process *process)
{
	struct stack_ref *stack, *next_stack;
	struct module_ref *module, *next_module;
	HASH_ITER (hh, process->stacks, stack, next_stack) {
		HASH_DEL(process->stacks, stack);
		free(stack);
	}
	HASH_ITER (hh, process->modules, module, next_module) {
		HASH_DEL(process->modules, module);
		free(module);
	}
}
