/* Reads host memory that the kernel has not checked: a pointer before the real call, or one of a call that failed. Refusing a bad pointer
 * is the kernel's job, so it must not crash the host here. Safe in any thread and in signal handlers; no errno. process_vm_readv(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PEEK_H
#define SHIM_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Only memory on the same page as `to` is known to be mapped; for anything else, the kernel is asked. */
static inline bool peek_near(void *to, const void *from, size_t n)
{
	const uintptr_t page = 4096, at = (uintptr_t)from, here = (uintptr_t)to / page;
	if (at / page != here || (at + n - 1) / page != here)
		return false;
	memcpy(to, from, n);
	return true;
}
bool peek_far(void *to, const void *from, size_t n);

/* Copies n bytes, n > 0. Returns false if some cannot be read or if the kernel cannot be asked; `to` then has no meaningful contents. */
static inline bool peek(void *to, const void *from, size_t n)
{
	return peek_near(to, from, n) || peek_far(to, from, n);
}

/* Whether a failed peek means bad memory, i.e. the kernel can be asked. */
bool peek_asks(void);

/* Copies a string of the host with its NUL, truncated to size - 1 bytes. Returns its length, or -1 if it cannot be read. */
long peek_string(char *to, const char *from, size_t size);

/* Whether the page around `at` can be read. `page` remembers the last readable page; start with 0. Also false in a sandbox, where the
 * kernel cannot be asked. */
bool peek_page(uintptr_t at, uintptr_t *page);

/* The length of a string of the host, or -1 if it cannot be read up to its NUL. `page` as above. */
long peek_length(const char *, uintptr_t *page);

#endif
