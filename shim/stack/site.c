/* Numbers for places that are the same in every run: see site.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/stack/site.h"

#include "shim/kernel/sys.h"
#include "shim/libc/libc.h"
#include "shim/stack/depot.h"
#include "shim/state/mix.h"
#include "shim/state/program.h"

#include <string.h>
#include <sys/mman.h>

static uint64_t *sites; /* by id; mapped at the first use */
static __thread struct {
	uint32_t id;
	uint64_t site;
} beyond; /* this thread's last stack, whose id may be too large for the table */

/* By module and offset. Code without a module is compiled in each run, at any address, so its address does not count. */
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
	if (!sites) {
		uint64_t *none = NULL;
		uint64_t *mine = sys_mmap(NULL, STACK_IDS * sizeof *mine, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (mine &&
		    !__atomic_compare_exchange_n(&sites, &none, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			sys2(SYS_munmap, mine, STACK_IDS * sizeof *mine);
	}
	if (sites && id && id <= STACK_IDS)
		__atomic_store_n(&sites[id - 1], hash, __ATOMIC_RELAXED);
	beyond.id = id;
	beyond.site = hash;
}

uint64_t site_of(uint32_t id)
{
	if (sites && id && id <= STACK_IDS)
		return __atomic_load_n(&sites[id - 1], __ATOMIC_RELAXED);
	return id && beyond.id == id ? beyond.site : 0;
}
