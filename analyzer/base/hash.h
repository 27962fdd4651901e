/* uthash with a hash function that cannot be predicted. Its own is the same everywhere, so the author of a trace could choose numbers and
 * names that all collide in one chain, which every look-up then has to walk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HASH_H
#define SOCKSAN_ANALYZER_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Different in every run. */
unsigned hash_of(const void *key, size_t n);

/* SipHash-1-3: see Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
uint64_t siphash(const uint64_t seed[2], const void *key, size_t n);

/* Numbers and pointers: strongly universal, so that whoever does not know the random factors cannot choose numbers that collide, at a
 * twentieth of SipHash's cost. See Dietzfelbinger, "Universal hashing and k-wise independent random variables via integer arithmetic". */
extern struct hash_factors {
	unsigned __int128 times, plus;
	bool known;
} hash_factors;

void hash_choose_factors(void);

static inline unsigned hash_of_number(const void *key)
{
	uint64_t number;
	memcpy(&number, key, sizeof number);
	if (__builtin_expect(!hash_factors.known, 0))
		hash_choose_factors();
	return (unsigned)((hash_factors.times * number + hash_factors.plus) >> 96);
}

#define HASH_FUNCTION(key, n, hash) ((hash) = (n) == sizeof(uint64_t) ? hash_of_number(key) : hash_of((key), (n)))
#include <uthash.h>

#endif
