/* The files that matter most in a report that is long.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OVERVIEW_H
#define SOCKSAN_ANALYZER_OVERVIEW_H

#include "analyzer/report/report_data.h"

/* Whether the item is new, and more than a note. */
bool item_is_told(const struct report_item *item);

/* Whether a text has it by itself. */
bool item_is_shown(const struct report_item *item);

/* Whether its socket was open only because a signal ended the process: these share a line. */
bool is_by_signal(const struct report_item *item);

/* The line, without its end, for a report that has such. */
void print_by_signal(FILE *out, const struct report *report);

/* How many a text has by themselves. */
size_t items_shown(const struct report *report);

/* A table by code and file of what is shown, the worst first: ten rows at most. */
void print_overview(FILE *out, const struct report *report);

#endif
