/* The ids of stacks, and their lines: see ids.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/ids.h"

#include "shim/lang/lang.h"
#include "shim/libc/libc.h"
#include "shim/stack/module.h"
#include "shim/stack/site.h"
#include "shim/state/mix.h"
#include "shim/state/options.h"
#include "shim/state/self.h"
#include "shim/trace/jsonl.h"
#include "shim/trace/trace.h"

#include <string.h>

uint64_t ids_slots[STACK_IDS] __attribute__((aligned(4096)));
static uint32_t beyond;
static uintptr_t callers[STACK_IDS] __attribute__((aligned(4096))); /* of the hook: the innermost frame */
uint8_t stack_closers[STACK_IDS] __attribute__((aligned(4096)));

#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define SET(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELAXED)

/* Writes a stack and its modules. Returns false if it is not in the trace, so no line may refer to it. */
static bool write_stack(uint32_t id, const struct frames *f, bool ask)
{
	struct place {
		uint64_t offset;
		unsigned module;
	} * place;
	char *line = trace_has_room(TRACE_PLACE) ? trace_scratch() : NULL, frame[48];
	if (!line)
		return false;
	place = (struct place *)(line + TRACE_LINE_MAX);
	for (unsigned i = 0; i < f->n; i++) /* this may write lines of modules, which must come first */
		place[i].module = module_of(f->pc[i], &place[i].offset);
	struct jsonl j = jsonl_open(line, TRACE_LINE_MAX, "stack");
	jsonl_uint(&j, "t", trace_now());
	jsonl_int(&j, "pid", process_pid());
	jsonl_uint(&j, "id", id);
	jsonl_array(&j, "frames");
	for (unsigned i = 0; i < f->n; i++) {
		char *at = jsonl_decimal(frame, place[i].module);
		at = jsonl_hexadecimal(mempcpy(at, "+0x", 3), place[i].offset);
		jsonl_add(&j, frame, (size_t)(at - frame));
	}
	jsonl_array_end(&j);
	const char *lang = j.at;
	if (ask)
		lang_write(&j, line + TRACE_LINE_MAX, TRACE_LINE_MAX);
	else if (f->lang_len && f->lang_len < (size_t)(j.end - j.at))
		j.at = mempcpy(j.at, f->lang, f->lang_len);
	if (*options.inject)
		site_learn(id, f->pc, f->n, lang, (size_t)(j.at - lang));
	size_t len = jsonl_close(&j);
	bool written = trace_put_as(TRACE_PLACE, line, len);
	if (written)
		depot_tell(id, line, len - 1);
	trace_scratch_end(line);
	return written;
}

uint32_t stack_tell(uint32_t id)
{
	struct frames f;
	if (!ids_untold(id))
		return id;
	if (!depot_find(id, &f) || !write_stack(id, &f, false))
		return 0;
	__atomic_fetch_and(&ids_slots[id - 1], ~(uint64_t)IDS_QUIET, __ATOMIC_RELAXED);
	return id;
}

static uint8_t closer_by(const uintptr_t *pc, unsigned n)
{
	static const uint8_t by[] = {[LANG_COLLECTS] = BY_COLLECTOR + 1, [LANG_ENDS] = BY_END + 1};
	uint8_t closer = by[lang_closer(pc, n)];
	bool collects = !closer && (lang_state_collects(pc, n) || lang_collects_through(pc, n));
	return collects ? BY_COLLECTOR + 1 : closer;
}

uint32_t ids_of(const uintptr_t *pc, unsigned n, uint64_t lang, uint64_t salt, bool quiet)
{
	enum { PROBES = 32 };
	struct frames f = {.n = n, .pc = pc};
	uint64_t hash = mix(n, lang ^ salt);
	for (unsigned i = 0; i < n; i++)
		hash = mix(hash, pc[i]);
	hash = (hash | 1) & ~(uint64_t)(IDS_QUIET | IDS_PENDING);
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t slot = ((uint32_t)(hash >> 32) + i) & (STACK_IDS - 1);
		uint64_t seen = GET(ids_slots[slot]), fresh = hash | IDS_PENDING | (quiet ? IDS_QUIET : 0);
		if (!seen && __atomic_compare_exchange_n(&ids_slots[slot], &seen, fresh, false, __ATOMIC_RELAXED,
							 __ATOMIC_RELAXED))
			seen = fresh;
		if ((seen & ~(uint64_t)(IDS_QUIET | IDS_PENDING)) != hash)
			continue;
		if (!(seen & IDS_PENDING))
			return slot + 1;
		SET(callers[slot], pc[0]);
		SET(stack_closers[slot], closer_by(pc, n));
		if (!(seen & IDS_QUIET ? depot_keep(slot + 1, pc, n, lang) : write_stack(slot + 1, &f, lang)))
			return 0;
		__atomic_fetch_and(&ids_slots[slot], ~(uint64_t)IDS_PENDING, __ATOMIC_RELAXED);
		return slot + 1;
	}
	uint32_t id = quiet ? 0 : STACK_IDS + __atomic_add_fetch(&beyond, 1, __ATOMIC_RELAXED);
	return id && write_stack(id, &f, lang) ? id : 0;
}

enum closer stack_closer_of(uint32_t id)
{
	uintptr_t caller = id && id <= STACK_IDS ? GET(callers[id - 1]) : 0;
	if (!caller)
		return BY_PROGRAM;
	if (!GET(stack_closers[id - 1]))
		SET(stack_closers[id - 1], (lang_collects(caller) || lang_abandons() ? BY_COLLECTOR : BY_PROGRAM) + 1);
	enum closer by = (enum closer)(GET(stack_closers[id - 1]) - 1);
	return by == BY_COLLECTOR && lang_ends() ? BY_END : by;
}

/* Nothing in the tables matches the salt of a child. */
void ids_forget(void) { beyond = 0; }
