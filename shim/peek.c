/* Reads memory of the host that may not be there: see peek.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/peek.h"

#include "shim/sys.h"

#include <string.h>
#include <sys/uio.h>

#define PAGE 4096ul

bool peek(void *to, const void *from, size_t n)
{
	if (peek_near(to, from, n))
		return true;
	struct iovec local = {to, n}, remote = {(void *)from, n};
	return sys6(SYS_process_vm_readv, sys0(SYS_getpid), SYS_ARG(&local), 1, SYS_ARG(&remote), 1, 0) == (long)n;
}

long peek_string(char *to, const char *from, size_t size)
{
	size_t len = 0;
	while (len < size - 1) {
		size_t part = PAGE - ((uintptr_t)from + len) % PAGE;
		if (part > size - 1 - len)
			part = size - 1 - len;
		if (!peek(to + len, from + len, part))
			return -1;
		const char *end = memchr(to + len, 0, part);
		if (end)
			return end - to;
		len += part;
	}
	to[len] = 0;
	return (long)len;
}
