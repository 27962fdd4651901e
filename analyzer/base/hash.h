/* uthash with a hash function that cannot be predicted. Its own is the same everywhere, so the author of a trace could choose numbers and
 * names that all collide in one chain, which every look-up then has to walk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HASH_H
#define SOCKSAN_ANALYZER_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Different in every run. */
unsigned hash_of(const void *key, size_t n);

/* SipHash-1-3: see Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
uint64_t siphash(const uint64_t seed[2], const void *key, size_t n);

#define HASH_FUNCTION(key, n, hash) ((hash) = hash_of((key), (n)))
#include <uthash.h>

#endif
