/* Hashes of addresses: of stacks, objects and code.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_MIX_H
#define SHIM_MIX_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static inline uint64_t mix_text(uint64_t h, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = mix(h, (unsigned char)text[i]);
	return mix(h, n);
}

#endif
