/* Folds many JSON reports into one. The result does not depend on their order, nor on which were merged before.
 *
 * Two violations are the same if code, cause and fingerprint are, and the places in user code: file and line, or module and offset if no
 * line is known. Their counts are added, processes and descriptors united; the details of one occurrence, with its stacks, come from
 * whichever is first in a fixed order. The worst severity counts, and what is new in one report is new.
 *
 * Memory grows with the distinct violations, notes and programs and the number of processes, not with the size of the reports.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_MERGE_H
#define SOCKSAN_ANALYZER_MERGE_H

#include "analyzer/report/report_data.h"

struct merge;

struct merge *merge_new(void);
void merge_free(struct merge *merge);

/* Adds a JSON report in memory. Returns NULL, or what is wrong with it ("name: violations[2]: ..."), to be freed; then nothing is added. */
char *merge_add(struct merge *merge, const char *name, const char *text, size_t n);

/* The report of everything that was added. It borrows from `merge`; pass it to merge_report_free(). */
struct report merge_report(struct merge *merge);
void merge_report_free(struct report *report);

#endif
