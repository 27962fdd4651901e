/* What system calls share: see sys.h; vdso(7), dladdr1(3).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/sys.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>

bool sys_off_somewhere, sys_off_all;
__thread int sys_off_here;
int (*sys_clock)(clockid_t, struct timespec *) = clock_gettime;

#if !defined(__x86_64__) && !defined(__aarch64__)
long sys_raw(long n, long a, long b, long c, long d, long e, long f)
{
	static long (*by_libc)(long, ...);
	int saved = errno;
	if (!by_libc)
		by_libc = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long ret = by_libc(n, a, b, c, d, e, f);
	if (ret == -1)
		ret = -errno;
	errno = saved;
	return ret;
}
#endif

void sys_bind(void)
{
#if defined(__x86_64__)
	static const char name[] = "__vdso_clock_gettime";
#elif defined(__aarch64__)
	static const char name[] = "__kernel_clock_gettime";
#else
	static const char name[] = "";
#endif
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
