/* A violation's fingerprint: the same for the same mistake after edits elsewhere, on other machines, in other runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FINGERPRINT_H
#define SOCKSAN_ANALYZER_FINGERPRINT_H

#include "analyzer/judge/finding.h"
#include "analyzer/symbols/symbol.h"

enum { FINGERPRINT_SIZE = 17 };

/* `stacks` by enum role; NULL for a missing stack. */
void fingerprint(const char *code, const struct symbols *const stacks[ROLE_COUNT], char text[FINGERPRINT_SIZE]);

/* The same by the former recipe. */
void fingerprint_old(const char *code, const struct symbols *const stacks[ROLE_COUNT], char text[FINGERPRINT_SIZE]);

/* Whether the text has the form of a fingerprint. */
bool fingerprint_is_valid(const char *text);

#endif
