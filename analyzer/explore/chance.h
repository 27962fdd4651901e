/* Violations that come and go: found in one run with a failure, and not in the next run with the same failure.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_CHANCE_H
#define SOCKSAN_ANALYZER_CHANCE_H

#include <stdbool.h>

#include <jansson.h>

struct chance;

/* Takes what two runs with the same failure had. */
void chance_take(struct chance **all, const json_t *first, const json_t *second);

/* Whether it failed to recur at least as often as it recurred: then the failures are not its reason. */
bool chance_has(const struct chance *all, const char *print);

void chance_free(struct chance *all);

/* The fingerprint of a violation, and whether one of the array has it. */
const char *print_of(const json_t *violation);
bool has_print(const json_t *all, const char *print);

#endif
