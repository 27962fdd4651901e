/* Decimal digits in as few instructions as can be. Safe anywhere.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_DIGITS_H
#define SHIM_TRACE_DIGITS_H

#include "shim/state/thread.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { EIGHT = 100000000 };

/* The eight digits of n < 10^8, the first in the lowest byte: halves, quarters, then single digits, side by side in one word, each
 * division a multiplication that is exact in its range. */
#define ZEROS 0x3030303030303030ull /* of eight characters */
#define BLANKS 0x2020202020202020ull
static inline uint64_t eight(uint64_t n)
{
	uint64_t high = n / 10000, x = high | (n - high * 10000) << 32;
	high = (x * 10486 >> 20) & 0x7f0000007full;
	x = high | (x - high * 100) << 16;
	high = (x * 103 >> 10) & 0xf000f000f000full;
	return high | (x - high * 10) << 8;
}

static inline char *all_eight(char *at, uint64_t n)
{
	n = htole64(eight(n) | ZEROS);
	memcpy(at, &n, 8);
	return at + 8;
}

/* Writes the digits of n, which has room for 20 bytes; those above the last eight are mostly those of the number before, which are kept for
 * one thread and its signal handlers. */
char *jsonl_keep_high(char *at, uint64_t n, struct kept_digits *);
static inline char *kept_decimal(char *at, uint64_t n, struct kept_digits *kept)
{
	uint64_t high = n / EIGHT, was = __atomic_load_n(&kept->high, __ATOMIC_RELAXED);
	uint64_t text = __atomic_load_n(&kept->text, __ATOMIC_RELAXED);
	unsigned len = __atomic_load_n(&kept->len, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(was != high + 1 || __atomic_load_n(&kept->high, __ATOMIC_RELAXED) != was, 0))
		return jsonl_keep_high(at, n, kept);
	memcpy(at, &text, 8);
	return all_eight(at + len, n - high * EIGHT);
}

#endif
