/* Stacks kept until a line needs them: see depot.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/depot.h"

#include "shim/lang/lang.h"
#include "shim/stack/module.h"
#include "shim/state/keep.h"
#include "shim/trace/trace.h"

#include <string.h>

struct kept {
	unsigned n, lang_len;
	uint32_t unloads;
	uintptr_t pc[]; /* followed by the text of the languages */
};
static struct kept *kept[STACK_IDS] __attribute__((aligned(4096)));
static uint32_t unloads; /* how often an object was unloaded */

bool depot_keep(uint32_t id, const uintptr_t *pc, unsigned n, bool lang)
{
	char *room = lang ? trace_scratch() : NULL;
	size_t len = 0;
	uint32_t before = __atomic_load_n(&unloads, __ATOMIC_RELAXED);
	if (lang && !room)
		return false;
	if (room) {
		struct jsonl j = {.start = room, .at = room, .end = room + TRACE_LINE_MAX / 2};
		lang_write(&j, room + TRACE_LINE_MAX, TRACE_LINE_MAX);
		len = (size_t)(j.at - room);
	}
	bool watched = true;
	for (unsigned i = 0; i < n && watched; i++)
		watched = module_watch(pc[i]);
	struct kept *k = watched ? keep(sizeof *k + n * sizeof *k->pc + len) : NULL;
	if (k) {
		*k = (struct kept){n, (unsigned)len, before};
		memcpy(k->pc, pc, n * sizeof *k->pc);
		if (len)
			memcpy(k->pc + n, room, len);
		__atomic_store_n(&kept[id - 1], k, __ATOMIC_RELEASE);
	}
	if (room)
		trace_scratch_end(room);
	return k;
}

bool depot_find(uint32_t id, struct frames *out)
{
	const struct kept *k = __atomic_load_n(&kept[id - 1], __ATOMIC_ACQUIRE);
	if (!k || k->unloads != __atomic_load_n(&unloads, __ATOMIC_RELAXED))
		return false;
	*out = (struct frames){k->n, k->lang_len, (const char *)(k->pc + k->n), k->pc};
	return true;
}

static struct kept_line *told[STACK_IDS] __attribute__((aligned(4096)));

void depot_tell(uint32_t id, const char *line, size_t len)
{
	if (id <= STACK_IDS)
		keep_line(&told[id - 1], line, len);
}

const char *depot_told(uint32_t id, size_t *len) { return id - 1 < STACK_IDS ? kept_line(&told[id - 1], len) : NULL; }

void depot_unloaded(void) { __atomic_fetch_add(&unloads, 1, __ATOMIC_RELAXED); }
