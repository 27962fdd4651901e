/* The copy of a line into the file, in as few cycles as can be.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_COPY_H
#define SHIM_TRACE_COPY_H

#include "shim/arch/arch.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t vector __attribute__((vector_size(16), may_alias, aligned(1)));

/* Copies a line. Up to 256 bytes are all loaded before the first is stored: the line was built a moment ago, so loads wait for its stores,
 * and a death or a reader that comes between two stores of the copy finds a torn line. */
static inline __attribute__((always_inline)) void copy_line(char *to, const char *from, size_t n)
{
	enum { HALF = 128, ALL = HALF / sizeof(vector) };
	if (n < HALF) {
		memcpy(to, from, n);
		return;
	}
	if (n > 2 * (size_t)HALF)
		memcpy(to + HALF, from + HALF, n - 2 * (size_t)HALF);
	const vector *first = (const vector *)from, *last = (const vector *)(from + n - HALF);
	vector a[ALL], z[ALL], *to_first = (vector *)to, *to_last = (vector *)(to + n - HALF);
#define EACH(what) what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7)
#define LOAD(i) a[i] = first[i], z[i] = last[i];
#define STORE_FIRST(i) to_first[i] = a[i];
#define STORE_LAST(i) to_last[i] = z[i];
	EACH(LOAD)
	__asm__ volatile("" ::ARCH_VECTOR(a[0]), ARCH_VECTOR(a[1]), ARCH_VECTOR(a[2]), ARCH_VECTOR(a[3]),
			 ARCH_VECTOR(a[4]), ARCH_VECTOR(a[5]), ARCH_VECTOR(a[6]), ARCH_VECTOR(a[7]), ARCH_VECTOR(z[0]),
			 ARCH_VECTOR(z[1]), ARCH_VECTOR(z[2]), ARCH_VECTOR(z[3]), ARCH_VECTOR(z[4]), ARCH_VECTOR(z[5]),
			 ARCH_VECTOR(z[6]), ARCH_VECTOR(z[7])
			 : "memory");
	EACH(STORE_FIRST)
	EACH(STORE_LAST)
#undef EACH
#undef LOAD
#undef STORE_FIRST
#undef STORE_LAST
}

#endif
