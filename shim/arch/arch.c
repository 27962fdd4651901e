/* System calls through libc, for architectures without their own: see arch.h, generic.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/arch/arch.h"

#ifdef ARCH_SYSCALL_BY_LIBC

#include <dlfcn.h>
#include <errno.h>

long arch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	static long (*by_libc)(long, ...);
	int saved = errno;
	if (!by_libc) /* the constructor is the first caller */
		by_libc = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long ret = by_libc(n, a, b, c, d, e, f);
	if (ret == -1)
		ret = -errno;
	errno = saved;
	return ret;
}

#endif
