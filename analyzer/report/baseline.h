/* Baselines: the violations of an earlier report, which are known and never fail.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BASELINE_H
#define SOCKSAN_ANALYZER_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

struct baseline;

struct baseline *baseline_new(void);
void baseline_free(struct baseline *baseline);

/* Takes the violations of a JSON report that is in memory. NULL, or what is wrong with it, to be freed; then nothing of
 * it is taken. */
char *baseline_add(struct baseline *baseline, const char *name, const char *text, size_t n);

bool baseline_has(const struct baseline *baseline, const char *fingerprint);

#endif
