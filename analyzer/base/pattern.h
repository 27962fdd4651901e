/* Patterns of users, for names and paths, as the sanitizers have them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PATTERN_H
#define SOCKSAN_ANALYZER_PATTERN_H

#include <stdbool.h>

/* Whether `pattern` is in `text`: `*` stands for any bytes, `^` at its start and `$` at its end hold it to the ends of
 * the text. */
bool pattern_matches(const char *pattern, const char *text);

#endif
