/* A set of texts, sorted: of a few, such as the hosts of a report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TEXT_SET_H
#define SOCKSAN_ANALYZER_TEXT_SET_H

#include <stddef.h>

struct text_set {
	const char **list; /* to be freed; the texts are borrowed */
	size_t n, cap;
};

/* NULL is no text. */
void text_set_add(struct text_set *set, const char *text);
void text_set_add_all(struct text_set *set, const struct text_set *from);

/* "a, b", with commas in between; to be freed. */
char *text_set_words(const struct text_set *set);

#endif
