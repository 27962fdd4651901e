/* Reads host memory that may not be mapped: see peek.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/kernel/peek.h"

#include "shim/kernel/sys.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define PAGE 4096ul

/* The kernel reads the memory, so Memcheck does not complain of bytes that were never written; a pollfd seldom is written in full. Before
 * Linux 5.14 this is not possible. */
static bool page_there(uintptr_t at, uintptr_t *page)
{
	long ret = sys3(SYS_madvise, at & ~(PAGE - 1), PAGE, MADV_POPULATE_READ);
	return !ret || (ret != -EFAULT && ret != -ENOMEM && peek_page(at, page));
}

bool peek_far(void *to, const void *from, size_t n)
{
	struct iovec local = {to, n}, remote = {(void *)from, n};
	long ret = sys6(SYS_process_vm_readv, sys0(SYS_getpid), SYS_ARG(&local), 1, SYS_ARG(&remote), 1, 0);
	if (ret >= 0 || ret == -EFAULT)
		return ret == (long)n;
	/* The kernel does not have it, or a sandbox forbids it. */
	uintptr_t page = 0, first = (uintptr_t)from, last = first + n - 1;
	if (last < first)
		return false;
	for (uintptr_t i = 0; i <= last / PAGE - first / PAGE; i++)
		if (!page_there(i ? (first / PAGE + i) * PAGE : first, &page))
			return false;
	memcpy(to, from, n);
	return true;
}

bool peek_asks(void)
{
	static const char there;
	char copy;
	return peek_far(&copy, &there, 1);
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

/* Makes a call that always fails: EFAULT if the kernel cannot read the set, else EINVAL. The set is the word in question, since Memcheck
 * would complain of unwritten neighbours. A set at address 0 means no set and would not be read. */
bool peek_page(uintptr_t at, uintptr_t *page)
{
	uintptr_t number = at / PAGE + 1; /* 0 is none */
	if (*page == number)
		return true;
	uintptr_t word = at & ~7ul;
	if (sys4(SYS_rt_sigprocmask, 0x7fff, word ? word : 8, NULL, 8) != -EINVAL)
		return false;
	*page = number;
	return true;
}

long peek_length(const char *s, uintptr_t *page)
{
	size_t len = 0;
	for (;;) {
		size_t part = PAGE - ((uintptr_t)s + len) % PAGE;
		if (!peek_page((uintptr_t)s + len, page))
			return -1;
		size_t more = strnlen(s + len, part);
		len += more;
		if (more < part)
			return (long)len;
	}
}
