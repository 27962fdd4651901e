/* Words of a fixed list found by their bytes: see word_table.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/word_table.h"

#include "analyzer/base/util.h"

struct word_table *word_table_new(const char *(*name)(unsigned), size_t n)
{
	struct word_table *table = xcalloc(1, sizeof *table);
	unsigned bits = 4;
	while ((size_t)1 << bits < 4 * n)
		bits++;
	table->n = n;
	table->shift = 64 - bits;
	table->slots = xcalloc((size_t)1 << bits, sizeof *table->slots);
	table->words = xcalloc(n, sizeof *table->words);
	size_t last = ((size_t)1 << bits) - 1;
	for (unsigned i = 0; i < n; i++) {
		const char *text = name(i);
		if (!text || word_find(table, text, strlen(text)) != WORD_UNKNOWN)
			continue;
		table->words[i] = spelling_of(text, strlen(text));
		size_t slot = spelling_hash(&table->words[i]) >> table->shift;
		while (table->slots[slot])
			slot = (slot + 1) & last;
		table->slots[slot] = (uint16_t)(i + 1);
	}
	return table;
}
