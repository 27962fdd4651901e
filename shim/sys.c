/* What system calls share: see sys.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/sys.h"

#include <stddef.h>
#include <sys/mman.h>

bool sys_off;

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
