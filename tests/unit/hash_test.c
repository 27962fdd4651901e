/* hash: it is SipHash-1-3, and what is chosen to collide in uthash's own function does not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "unit.h"

#include "analyzer/base/hash.h"

/* As CPython 3.11 hashes bytes with PYTHONHASHSEED=0. */
static void it_is_siphash(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		uint64_t hash;
	} cases[] = {
		{"a", 0x407448d2b89b1813},
		{"abcdefg", 0x6db12aae9070f506},
		{"abcdefgh", 0x3f7b849c0b8e35ea},
		{"abcdefghi", 0xf89b34a3d11eb6e5},
		{"never-closed", 0x6a77c48c4d702886},
		{"/usr/lib/x86_64-linux-gnu/libc.so.6", 0x20a959eb586c6601},
	};
	static const uint64_t seed[2];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (siphash(seed, cases[i].key, strlen(cases[i].key)) != cases[i].hash)
			fail_msg("expected another hash of '%s'", cases[i].key);
}

enum { KEYS = 10000, BITS = 0x3ff };

static void chosen_numbers_do_not_share_a_chain(void **state)
{
	(void)state;
	unsigned n = 0, same = 0, same_text = 0, hash;
	for (int64_t key = 0; n < KEYS; key++) {
		HASH_JEN(&key, sizeof key, hash);
		if (hash & BITS)
			continue;
		n++;
		same += (hash_of_number(&key) & BITS) == 0;
		same_text += (hash_of(&key, sizeof key) & BITS) == 0;
	}
	assert_in_range(same, 0, 10 * KEYS / BITS);
	assert_in_range(same_text, 0, 10 * KEYS / BITS);
}

/* Numbers that are alike are most of those there are: ids, descriptors, aligned addresses. */
static void like_numbers_spread(void **state)
{
	(void)state;
	for (int shift = 0; shift <= 54; shift += 3) {
		unsigned chains[BITS + 1] = {0}, longest = 0;
		for (uint64_t i = 0; i < KEYS; i++) {
			uint64_t key = i << shift;
			unsigned *chain = &chains[hash_of_number(&key) & BITS];
			longest = ++*chain > longest ? *chain : longest;
		}
		if (longest > 20 * KEYS / BITS)
			fail_msg("expected chains of about 10, got one of %u with numbers of %d zero bits", longest,
				 shift);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_siphash),
		cmocka_unit_test(chosen_numbers_do_not_share_a_chain),
		cmocka_unit_test(like_numbers_spread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
