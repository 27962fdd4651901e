/* Reads memory of the host that the kernel has not vouched for: a pointer before the real call, or of a call that failed. A bad one
 * is the kernel's to refuse, so it must not end the host here.
 * Safe in any thread and in signal handlers, no errno. process_vm_readv(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PEEK_H
#define SHIM_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Only what lies in one page with `to` is there for sure; all else is asked of the kernel. */
static inline bool peek_near(void *to, const void *from, size_t n)
{
	const uintptr_t page = 4096, at = (uintptr_t)from, here = (uintptr_t)to / page;
	if (at / page != here || (at + n - 1) / page != here)
		return false;
	memcpy(to, from, n);
	return true;
}
bool peek_far(void *to, const void *from, size_t n);

/* Copies n bytes, more than none. False: some of them cannot be read, or not asked for; what stands in `to` is not to be used. */
static inline bool peek(void *to, const void *from, size_t n)
{
	return peek_near(to, from, n) || peek_far(to, from, n);
}

/* Whether it is the memory's fault when peek fails: the kernel answers. */
bool peek_asks(void);

/* Copies a string of the host with its NUL, cut to size - 1 bytes: its length, or -1 when it cannot be read. */
long peek_string(char *to, const char *from, size_t size);

/* Whether the page around `at` can be read. `page` remembers the last one that could: begin with 0. False, too, in a sandbox, where
 * nobody can be asked. */
bool peek_page(uintptr_t at, uintptr_t *page);

/* The length of a string of the host, or -1 when it cannot be read up to its NUL. `page` as above. */
long peek_length(const char *, uintptr_t *page);

#endif
