/* Baselines: the violations of an earlier report, which are known and never cause a failure.
 *
 * A fingerprint identifies a violation by its user functions. If no stack has a named one, it is that of the library or the runtime that
 * all its users go through, or of all of a program without symbols: a violation is then known only as long as there are no more with that
 * fingerprint than before.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BASELINE_H
#define SOCKSAN_ANALYZER_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/report/report_data.h"

struct baseline;

struct baseline *baseline_new(void);
void baseline_free(struct baseline *baseline);

/* Adds the violations of a JSON report in memory. Returns NULL, or what is wrong with it, to be freed; then nothing is added. Counts of a
 * fingerprint add up within one report; of several reports, which may be of the same run, the largest counts. */
char *baseline_add(struct baseline *baseline, const char *name, const char *text, size_t n);

/* Marks the items that are known; a note lists those that are not because there are more of them. */
void baseline_apply(struct baseline *baseline, struct report *report);

#endif
