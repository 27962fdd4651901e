/* What system calls share: see sys.h; vdso(7), dladdr1(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/sys.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>

bool sys_off;
int (*sys_clock)(clockid_t, struct timespec *) = clock_gettime;

void sys_bind(void)
{
	static const char name[] = ARCH_CLOCK;
	Dl_info info;
	struct link_map *vdso = NULL;
	void *header = (void *)getauxval(AT_SYSINFO_EHDR), *found = NULL;
	if (*name && header && dladdr1(header, &info, (void **)&vdso, RTLD_DL_LINKMAP) && vdso) /* a handle, to dlsym */
		found = dlsym(vdso, name);
	if (found)
		sys_clock = (int (*)(clockid_t, struct timespec *))found;
}

void *sys_mmap(void *at, unsigned long len, int prot, int flags, int fd, long offset)
{
#ifdef __SANITIZE_THREAD__ /* it learns that memory is new from libc's own mmap alone */
	int saved = errno;
	void *mapped = mmap(at, len, prot, flags, fd, offset);
	errno = saved;
	return mapped == MAP_FAILED ? NULL : mapped;
#endif
	long p = sys6(SYS_mmap, SYS_ARG(at), (long)len, prot, flags, fd, offset);
	return p < 0 && p > -4096 ? NULL : (void *)p;
}
