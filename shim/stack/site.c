/* Places told apart in the same way in every run: see site.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/site.h"

#include "shim/libc/libc.h"
#include "shim/stack/depot.h"
#include "shim/state/mix.h"
#include "shim/state/program.h"

#include <string.h>

static uint64_t sites[STACK_IDS] __attribute__((aligned(4096)));
static __thread struct {
	uint32_t id;
	uint64_t site;
} beyond; /* of ids that have no place there */

/* As module and offset: code without a module is compiled anew in each run, anywhere. */
static uint64_t frame_hash(uint64_t hash, uintptr_t pc)
{
	struct dl_find_object o;
	if (!program_find((const void *)(pc - 1), &o) || !o.dlfo_link_map)
		return mix(hash, 0);
	const char *path = o.dlfo_link_map->l_name;
	if (!path || !*path)
		path = program_exe;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	return mix(mix_text(hash, name, strlen(name)), pc - o.dlfo_link_map->l_addr);
}

void site_learn(uint32_t id, const uintptr_t *pc, unsigned n, const char *lang, size_t len)
{
	uint64_t hash = mix_text(n, lang, len);
	for (unsigned i = 0; i < n; i++)
		hash = frame_hash(hash, pc[i]);
	hash += !hash;
	if (id && id <= STACK_IDS)
		__atomic_store_n(&sites[id - 1], hash, __ATOMIC_RELAXED);
	beyond.id = id;
	beyond.site = hash;
}

uint64_t site_of(uint32_t id)
{
	if (id && id <= STACK_IDS)
		return __atomic_load_n(&sites[id - 1], __ATOMIC_RELAXED);
	return id && beyond.id == id ? beyond.site : 0;
}
