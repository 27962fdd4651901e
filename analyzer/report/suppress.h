/* Suppressions: lines of CODE:PATTERN that say which violations are known and intended, like LSan's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SUPPRESS_H
#define SOCKSAN_ANALYZER_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/report/report_data.h"

struct suppressions;

struct suppressions *suppressions_new(void);
void suppressions_free(struct suppressions *all);

/* Adds the lines of a file in memory: `n` bytes with a NUL after them. Returns NULL, or what is wrong and on which line ("name:3: ..."), to
 * be freed; then nothing is added. */
char *suppressions_add(struct suppressions *all, const char *name, const char *text, size_t n);

/* Whether a line matches this violation, by one of its frames or as suppression_exact(); all lines that do are marked. */
bool suppressions_match(struct suppressions *all, const struct report_item *item);

/* A pattern that matches only this violation, by its fingerprint; to be freed. */
char *suppression_exact(const struct report_item *item) __attribute__((warn_unused_result, returns_nonnull));

/* The lines that matched nothing so far, as "name:3: CODE:PATTERN". */
void suppressions_unused(const struct suppressions *all, void (*tell)(void *context, const char *line), void *context);

#endif
