/* Items that are one misuse at one place of the user's own, whatever lies above and below it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_GROUP_H
#define SOCKSAN_ANALYZER_GROUP_H

#include "analyzer/report/report_data.h"

/* Folds each into the first of its kind, and returns how many are left. Those without own frames stay apart: that they came through the same
 * library says nothing. */
size_t group_items(struct report_item *items, size_t n);

#endif
