/* Groups items that are one misuse at one place in user code, whatever is above and below it on the stack.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_GROUP_H
#define SOCKSAN_ANALYZER_GROUP_H

#include "analyzer/report/report_data.h"

/* Merges each into the first of its kind, and returns how many are left. Those without user frames stay separate: that they came through
 * the same library means nothing. */
size_t group_items(struct report_item *items, size_t n);

#endif
