/* Patterns given by users, for names and paths, like those of the sanitizers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PATTERN_H
#define SOCKSAN_ANALYZER_PATTERN_H

#include <stdbool.h>

/* Whether `pattern` occurs in `text`. `*` matches any bytes; `^` at the start and `$` at the end anchor it. */
bool pattern_matches(const char *pattern, const char *text);

#endif
