/* Parses sizes in options, for shim and analyzer: bytes, or KiB, MiB, GiB with k, m or g after the number ("64k", "2M", "1GiB").
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SIZE_H
#define SHIM_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns false and leaves *out untouched if it is no size, or larger than an int64_t. */
static inline bool size_parse(const char *s, size_t len, int64_t *out)
{
	int64_t n = 0;
	size_t i = 0;
	unsigned shift = 0;
	for (; i < len && s[i] >= '0' && s[i] <= '9'; i++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, s[i] - '0', &n))
			return false;
	if (!i)
		return false;
	if (i < len) {
		switch (s[i++] | 32) {
		case 'k': shift = 10; break;
		case 'm': shift = 20; break;
		case 'g': shift = 30; break;
		default: return false;
		}
		if (len - i == 2 && (s[i] | 32) == 'i') /* "iB", or "B" alone */
			i++;
		if (i < len && (s[i++] | 32) != 'b')
			return false;
	}
	if (i < len || n > INT64_MAX >> shift)
		return false;
	*out = n << shift;
	return true;
}

#endif
