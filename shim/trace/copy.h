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

enum { COPY_LEAST = 64, COPY_MOST = 256 };

/* Copies n bytes, at least `half` and at most twice as many: all are loaded before the first is stored. The line was built a moment ago, so
 * loads wait for its stores, and a death or a reader that comes between two stores of the copy finds a torn line. `half` is a constant. */
static inline __attribute__((always_inline)) void copy_halves(char *to, const char *from, size_t n, size_t half)
{
	enum { MOST = COPY_MOST / 2 / sizeof(vector) };
	const vector *first = (const vector *)from, *last = (const vector *)(from + n - half);
	vector a[MOST], z[MOST], *to_first = (vector *)to, *to_last = (vector *)(to + n - half);
#define EACH(what) what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7)
#define HAS(i) ((i) * sizeof(vector) < half)
#define LOAD(i)                                                             \
	if (HAS(i)) {                                                       \
		a[i] = first[i], z[i] = last[i];                            \
		__asm__("" : "+" ARCH_VECTOR(a[i]), "+" ARCH_VECTOR(z[i])); \
	}
#define STORE_FIRST(i) \
	if (HAS(i))    \
		to_first[i] = a[i];
#define STORE_LAST(i) \
	if (HAS(i))   \
		to_last[i] = z[i];
	EACH(LOAD)
	__asm__ volatile("" ::: "memory");
	EACH(STORE_FIRST)
	EACH(STORE_LAST)
#undef EACH
#undef HAS
#undef LOAD
#undef STORE_FIRST
#undef STORE_LAST
}

/* A line of COPY_LEAST to COPY_MOST bytes. */
static inline __attribute__((always_inline)) void copy_usual(char *to, const char *from, size_t n)
{
	if (n <= COPY_MOST / 2)
		copy_halves(to, from, n, COPY_MOST / 4);
	else if (n <= COPY_MOST / 4 * 3)
		copy_halves(to, from, n, COPY_MOST / 8 * 3);
	else
		copy_halves(to, from, n, COPY_MOST / 2);
}

static inline void copy_line(char *to, const char *from, size_t n)
{
	if (n >= COPY_LEAST && n <= COPY_MOST)
		copy_usual(to, from, n);
	else
		memcpy(to, from, n);
}

#endif
