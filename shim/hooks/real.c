/* The real functions behind the hooks: see real.h, dlsym(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/hooks/real.h"

#include <dlfcn.h>
#include <errno.h>

struct real real;

static long absent(void)
{
	errno = ENOSYS;
	return -1;
}

void *real_late(void **slot, const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);
	if (!f)
		f = (void *)absent;
	__atomic_store_n(slot, f, __ATOMIC_RELAXED);
	return f;
}

void real_bind(void)
{
#define HOOK(name, ...) real_late((void **)&real.name, #name);
#include "shim/model/hooks.def"
}
