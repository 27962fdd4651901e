/* A word as its bytes in numbers, to be compared and hashed at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SPELLING_H
#define SOCKSAN_ANALYZER_SPELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes of a word of up to 16, all of them, in two numbers; of a longer one its first and last eight. Nothing beyond it is read. */
struct spelling {
	uint64_t head, tail;
	size_t length;
	const char *text;
};

static inline uint64_t load_bytes(const char *s, size_t n)
{
	uint64_t bytes = 0;
	memcpy(&bytes, s, n);
	return bytes;
}

static inline struct spelling spelling_of(const char *s, size_t n)
{
	struct spelling word = {.length = n, .text = s};
	if (n >= 8) {
		word.head = load_bytes(s, 8);
		word.tail = load_bytes(s + n - 8, 8);
	} else if (n >= 4) {
		word.head = load_bytes(s, 4) << 32 | load_bytes(s + n - 4, 4);
	} else if (n > 0) {
		word.head = (uint64_t)(unsigned char)s[0] << 16 | (uint64_t)(unsigned char)s[n / 2] << 8 |
			    (unsigned char)s[n - 1];
	}
	return word;
}

static inline bool spelling_is(const struct spelling *a, const struct spelling *b)
{
	return a->head == b->head && a->tail == b->tail && a->length == b->length &&
	       (a->length <= 16 || memcmp(a->text, b->text, a->length) == 0);
}

static inline uint64_t spelling_hash(const struct spelling *word)
{
	return (word->head ^ (word->tail << 7 | word->tail >> 57) ^ word->length) * 0x9e3779b97f4a7c15u;
}

#endif
