/* State shared by system calls: see sys.h; vdso(7).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/sys.h"

#include "shim/libc/libc.h"

#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>

bool sys_off_somewhere, sys_off_all;
__thread int sys_off_here;
int (*sys_clock)(clockid_t, struct timespec *) = clock_gettime;

void sys_bind(void)
{
	static const char name[] = ARCH_CLOCK;
	void *header = (void *)getauxval(AT_SYSINFO_EHDR);
	struct link_map *vdso = *name && header ? libc_link_map(header) : NULL;
	void *found = vdso ? dlsym(vdso, name) : NULL;
	if (found)
		sys_clock = (int (*)(clockid_t, struct timespec *))found;
}

void *sys_mmap(void *at, unsigned long len, int prot, int flags, int fd, long offset)
{
#ifdef __SANITIZE_THREAD__ /* only libc's own mmap tells it that memory is new */
	int saved = errno;
	void *mapped = mmap(at, len, prot, flags, fd, offset);
	errno = saved;
	return mapped == MAP_FAILED ? NULL : mapped;
#endif
	long p = sys6(SYS_mmap, SYS_ARG(at), (long)len, prot, flags, fd, offset);
	return p < 0 && p > -4096 ? NULL : (void *)p;
}
