/* Modules and stacks, each stored once for all processes: equal content is the same pointer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/replay/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

/* Position-independent code is mapped above this; a fixed program's base is below it, the same in every run. */
#define FIXED_LIMIT 0x80000000u

struct module_entry {
	struct module module; /* first: the key, pointers to interned strings */
	UT_hash_handle hh;
};

struct stack_entry {
	struct stack stack;
	UT_hash_handle hh;
	_Alignas(struct frame) char key[]; /* the frames, the pointers to interned Python frames, the runs */
};

static struct module_entry *modules;
static struct stack_entry *stacks;

const struct module *module_intern(const char *path, const char *build_id, uint64_t base)
{
	struct module_entry *entry;
	struct module key;
	memset(&key, 0, sizeof key);
	key.path = intern(path);
	key.build_id = build_id ? intern(build_id) : NULL;
	key.base = base < FIXED_LIMIT ? base : 0;
	HASH_FIND(hh, modules, &key, sizeof key, entry);
	if (!entry) {
		entry = xcalloc(1, sizeof *entry);
		entry->module = key;
		HASH_ADD(hh, modules, module, sizeof key, entry);
	}
	return &entry->module;
}

const struct stack *stack_intern(const struct stack *stack)
{
	struct stack_entry *found;
	size_t n = stack->n_frames, n_script = stack->n_script, n_runs = stack->n_runs;
	size_t size = n * sizeof *stack->frames + n_script * sizeof *stack->script + n_runs * sizeof *stack->runs;
	struct stack_entry *entry = xcalloc(1, sizeof *entry + size);
	if (n)
		memcpy(entry->key, stack->frames, n * sizeof *stack->frames);
	const char **names = (const char **)(entry->key + n * sizeof *stack->frames);
	for (size_t i = 0; i < n_script; i++)
		names[i] = intern(stack->script[i]);
	uint64_t *runs = (uint64_t *)(names + n_script);
	if (n_runs)
		memcpy(runs, stack->runs, n_runs * sizeof *runs);
	entry->stack = (struct stack){n, n_script, n_runs, (const struct frame *)entry->key, stack->lang, names, runs};
	HASH_FIND(hh, stacks, entry->key, size, found);
	if (found && found->stack.n_frames == n && found->stack.n_script == n_script &&
	    found->stack.lang == stack->lang) {
		free(entry);
		return &found->stack;
	}
	HASH_ADD_KEYPTR(hh, stacks, entry->key, size, entry);
	return &entry->stack;
}

void stacks_forget(void)
{
	struct module_entry *module, *next_module;
	struct stack_entry *stack, *next_stack;
	HASH_ITER (hh, modules, module, next_module) {
		HASH_DEL(modules, module);
		free(module);
	}
	HASH_ITER (hh, stacks, stack, next_stack) {
		HASH_DEL(stacks, stack);
		free(stack);
	}
}
