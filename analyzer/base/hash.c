/* A hash function that cannot be predicted: see hash.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/hash.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>

static uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

uint64_t siphash(const uint64_t seed[2], const void *key, size_t n)
{
	uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d, seed[0] ^ 0x6c7967656e657261,
			 seed[1] ^ 0x7465646279746573};
	const unsigned char *bytes = key;
	for (size_t at = 0; at <= n; at += sizeof(uint64_t)) {
		size_t left = n - at;
		uint64_t word = 0;
		if (left >= sizeof word)
			memcpy(&word, bytes + at, sizeof word);
		else
			for (size_t i = 0; i < left; i++)
				word |= (uint64_t)bytes[at + i] << 8 * i;
		/* The last word holds the remaining bytes and the length. */
		word = left >= sizeof word ? le64toh(word) : word | (uint64_t)n << 56;
		v[3] ^= word;
		mix(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

unsigned hash_of(const void *key, size_t n)
{
	static uint64_t seed[2];
	static bool seeded;
	if (!seeded) {
		const void *random = (const void *)getauxval(AT_RANDOM);
		if (random)
			memcpy(seed, random, sizeof seed);
		seeded = true;
	}
	return (unsigned)siphash(seed, key, n);
}
