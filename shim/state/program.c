/* Paths and mapped objects: see program.h; _dl_find_object(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/state/program.h"

#include "shim/kernel/sys.h"
#include "shim/libc/libc.h"

#include <string.h>

char program_exe[4096], program_shim[4096];

bool program_find(const void *pc, struct dl_find_object *found) { return libc_find_object(pc, found); }

void program_init(void)
{
	struct dl_find_object self;
	long n = sys4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program_exe, sizeof program_exe - 1);
	program_exe[n > 0 ? n : 0] = 0;
	if (!program_find(program_init, &self))
		return;
	const char *name = self.dlfo_link_map->l_name;
	size_t len = strlen(name), at = 0;
	if (*name != '/') { /* as in LD_PRELOAD, made absolute: children may run elsewhere */
		long cwd = sys2(SYS_getcwd, program_shim, sizeof program_shim);
		if (cwd <= 1 || (size_t)cwd + len + 1 > sizeof program_shim)
			return;
		at = (size_t)cwd;
		program_shim[at - 1] = '/';
	}
	if (at + len < sizeof program_shim)
		memcpy(program_shim + at, name, len + 1);
}
