/* Memory for jansson that costs next to nothing: taken from an arena in order, and never twice in one run.
 *
 * AddressSanitizer guards it as it guards its own blocks: around each there are bytes, and all of it once it is freed, that
 * nobody may touch. What is not freed at the end of a run is a leak.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sanitizer/asan_interface.h>

#include <jansson.h>

#include "tests/fuzz/fuzz.h"

enum { ARENA = 64 << 20, GUARD = 16 };

static _Alignas(GUARD) char arena[ARENA];
static size_t used, live;

/* The size of a block stands in the bytes before it. */
#define SIZE_OF(block) ((size_t *)((char *)(block)-GUARD))
__attribute__((no_sanitize("address"))) static size_t size_of(const void *block) { return *SIZE_OF(block); }
__attribute__((no_sanitize("address"))) static void set_size(void *block, size_t size) { *SIZE_OF(block) = size; }

static void *take(size_t n)
{
	size_t size = (n + GUARD - 1) / GUARD * GUARD;
	EXPECT(size <= ARENA - GUARD - used, "jansson wants %zu bytes, after %zu", n, used);
	char *block = arena + used + GUARD;
	used += GUARD + size;
	live++;
	set_size(block, size);
	ASAN_UNPOISON_MEMORY_REGION(block, n);
	return block;
}

static void give_back(void *block)
{
	if (!block)
		return;
	EXPECT(size_of(block), "jansson frees a block twice");
	ASAN_POISON_MEMORY_REGION(block, size_of(block));
	set_size(block, 0);
	live--;
}

__attribute__((constructor)) static void use_arena(void)
{
	ASAN_POISON_MEMORY_REGION(arena, sizeof arena);
	json_set_alloc_funcs(take, give_back);
}

void json_arena_empty(void)
{
	EXPECT(live == 0, "%zu blocks of jansson's are leaked", live);
	used = 0;
}
