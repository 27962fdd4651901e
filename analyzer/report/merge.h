/* Many JSON reports folded into one. The result does not depend on their order, nor on which were merged before.
 *
 * Two violations are the same when code, cause and fingerprint are, and the places in the user's own frames: file and
 * line, or module and offset where no line is known. Their counts are added, processes and descriptors united; what is
 * told of one occurrence, its stacks too, comes from whichever stands first in an order of its own. The worst severity
 * stays, and what is new in one report is new.
 *
 * Memory follows the distinct violations, notes, programs and the number of processes, not the size of the reports.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_MERGE_H
#define SOCKSAN_ANALYZER_MERGE_H

#include "analyzer/report/report_data.h"

struct merge;

struct merge *merge_new(void);
void merge_free(struct merge *merge);

/* Takes a JSON report that is in memory. NULL, or what is wrong with it ("name: violations[2]: ..."), to be freed; then
 * nothing of it is taken. */
char *merge_add(struct merge *merge, const char *name, const char *text, size_t n);

/* The report of all that was added, which borrows from `merge`; to be given to merge_report_free(). */
struct report merge_report(struct merge *merge);
void merge_report_free(struct report *report);

#endif
