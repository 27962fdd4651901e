/* The one system call with a word to say about its failure: see sys.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/sys.h"

#include <stddef.h>

void *sys_mmap(void *at, unsigned long len, int prot, int flags, int fd, long offset)
{
	long p = sys6(SYS_mmap, SYS_ARG(at), (long)len, prot, flags, fd, offset);
	return p < 0 && p > -4096 ? NULL : (void *)p;
}
