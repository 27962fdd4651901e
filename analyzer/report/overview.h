/* The files that matter most in a report that is long.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OVERVIEW_H
#define SOCKSAN_ANALYZER_OVERVIEW_H

#include "analyzer/report/report_data.h"

/* Whether the item is told of by itself: it is new, and more than a note. */
bool item_is_told(const struct report_item *item);

/* How many are. */
size_t items_told(const struct report *report);

/* A table by code and file of what is told, the worst first: ten rows at most. */
void print_overview(FILE *out, const struct report *report);

#endif
