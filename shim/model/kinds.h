/* Parses lists of kinds in options, for shim and analyzer: words of kind.def separated by commas, or "all".
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_KINDS_H
#define SHIM_KINDS_H

#include "shim/model/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The length of the first word of a list. */
static inline size_t kinds_word(const char *s, size_t len)
{
	const char *comma = (const char *)memchr(s, ',', len);
	return comma ? (size_t)(comma - s) : len;
}

/* The bits of one word, or 0 if it names no kind. */
static inline int64_t kinds_of(const char *word, size_t len)
{
	if (len == 3 && !memcmp(word, "all", 3))
		return KINDS_ALL;
	for (unsigned kind = 0; kind < KINDS; kind++)
		if (strlen(kind_name(kind)) == len && !memcmp(kind_name(kind), word, len))
			return 1ll << kind;
	return 0;
}

/* Returns false and leaves *mask untouched if a word names no kind. */
static inline bool kinds_parse(const char *s, size_t len, int64_t *mask)
{
	int64_t all = 0;
	for (;;) {
		size_t n = kinds_word(s, len);
		int64_t one = kinds_of(s, n);
		if (!one)
			return false;
		all |= one;
		if (n == len)
			break;
		s += n + 1;
		len -= n + 1;
	}
	*mask = all;
	return true;
}

#endif
