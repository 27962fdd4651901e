/* Memory that is never freed: see keep.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/keep.h"

#include "shim/kernel/sys.h"

#include <stdint.h>
#include <sys/mman.h>

void *keep(size_t size)
{
	enum { PART = 1 << 18, PARTS = 64 };
	static char *part[PARTS];
	static uint64_t used; /* number of the chunk in the high half, bytes used of it in the low one */
	size = (size + 7) & ~(size_t)7;
	uint64_t was = __atomic_load_n(&used, __ATOMIC_RELAXED), next;
	do {
		next = (uint32_t)was + size > PART ? ((was >> 32) + 1) << 32 | size : was + size;
		if (next >> 32 >= PARTS || size > PART)
			return NULL;
	} while (!__atomic_compare_exchange_n(&used, &was, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	char **slot = &part[next >> 32], *memory = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (!memory) {
		char *mine = sys_mmap(NULL, PART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				      -1, 0);
		if (!mine)
			return NULL;
		if (__atomic_compare_exchange_n(slot, &memory, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			memory = mine;
		else
			sys2(SYS_munmap, mine, PART);
	}
	return memory + (uint32_t)next - size;
}
