/* Memory for long lines: see scratch.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/scratch.h"

#include "shim/kernel/sys.h"

#include <stddef.h>
#include <sys/mman.h>

/* One for the process, since a mapping per use could hit a seccomp filter. A thread that finds it taken maps its own. */
static char scratch[2 * TRACE_LINE_MAX] __attribute__((aligned(64)));
static int scratch_taken;

char *trace_scratch(void)
{
	if (!__atomic_exchange_n(&scratch_taken, 1, __ATOMIC_ACQUIRE))
		return scratch;
	return sys_mmap(NULL, sizeof scratch, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void trace_scratch_end(char *p)
{
	if (p == scratch)
		__atomic_store_n(&scratch_taken, 0, __ATOMIC_RELEASE);
	else
		sys2(SYS_munmap, p, sizeof scratch);
}

void trace_scratch_forget(void) { scratch_taken = 0; }
