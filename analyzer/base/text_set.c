/* A set of texts: see text_set.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/base/text_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

void text_set_add(struct text_set *set, const char *text)
{
	size_t at = 0;
	while (text && at < set->n && strcmp(set->list[at], text) < 0)
		at++;
	if (!text || (at < set->n && strcmp(set->list[at], text) == 0))
		return;
	GROW(set->list, set->n, set->cap);
	memmove(set->list + at + 1, set->list + at, (set->n - at) * sizeof *set->list);
	set->list[at] = text;
	set->n++;
}

void text_set_add_all(struct text_set *set, const struct text_set *from)
{
	for (size_t i = 0; i < from->n; i++)
		text_set_add(set, from->list[i]);
}

char *text_set_words(const struct text_set *set)
{
	char *words;
	size_t n;
	FILE *out = memstream(&words, &n);
	for (size_t i = 0; i < set->n; i++)
		fprintf(out, "%s%s", i ? ", " : "", set->list[i]);
	fclose(out);
	return words;
}
