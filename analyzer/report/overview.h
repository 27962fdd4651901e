/* The files that matter most in a long report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_OVERVIEW_H
#define SOCKSAN_ANALYZER_OVERVIEW_H

#include "analyzer/report/report_data.h"

/* Whether the item is new, and more than a note. */
bool item_is_told(const struct report_item *item);

/* Whether a text shows it as an entry of its own. */
bool item_is_shown(const struct report_item *item);

/* Whether its socket was open only because a signal ended the process: these share one line. */
bool is_by_signal(const struct report_item *item);

/* That line, without a newline, if the report has such items. */
void print_by_signal(FILE *out, const struct report *report);

/* How many entries a text has. */
size_t items_shown(const struct report *report);

/* A table by code and file of what is shown, the worst first, at most ten rows. */
void print_overview(FILE *out, const struct report *report);

#endif
