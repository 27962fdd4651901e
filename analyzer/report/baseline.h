/* Baselines: the violations of an earlier report, which are known and never fail.
 *
 * A fingerprint tells a violation by the functions of the user's own. Where no stack has one with a name, it is that of the library or the
 * runtime that all of its users go through, or of all of a program without symbols: a violation is then known only as long as there are no
 * more of that fingerprint than there were.
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

/* Takes the violations of a JSON report that is in memory. NULL, or what is wrong with it, to be freed; then nothing of
 * it is taken. The counts of a fingerprint add up in one report; of several reports, which may tell of the same, the largest counts. */
char *baseline_add(struct baseline *baseline, const char *name, const char *text, size_t n);

/* Marks the items that are known; a note tells of those that are not because there are more of them. */
void baseline_apply(struct baseline *baseline, struct report *report);

#endif
