/* Words of a fixed list found by their bytes: one multiplication and as a rule one comparison of two machine words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_WORD_TABLE_H
#define SOCKSAN_ANALYZER_WORD_TABLE_H

#include "analyzer/base/spelling.h"

struct word_table {
	size_t n;
	unsigned shift;	 /* of a hash, to a slot */
	uint16_t *slots; /* a word's number and one; 0: none. Most are empty, and so there is an end to each search. */
	struct spelling *words;
};

enum { WORD_UNKNOWN = 0xffff };

/* Of the first `n` numbers, fewer than WORD_UNKNOWN; name() may be NULL for some. Stays for the life of the process. */
struct word_table *word_table_new(const char *(*name)(unsigned), size_t n);

/* The number of a word, or WORD_UNKNOWN. */
static inline unsigned word_find(const struct word_table *table, const char *s, size_t n)
{
	struct spelling word = spelling_of(s, n);
	size_t last = ((size_t)1 << (64 - table->shift)) - 1;
	for (size_t slot = spelling_hash(&word) >> table->shift; table->slots[slot]; slot = (slot + 1) & last)
		if (spelling_is(&table->words[table->slots[slot] - 1], &word))
			return table->slots[slot] - 1u;
	return WORD_UNKNOWN;
}

#endif
