/* What runtimes do by design: the suppressions that are on by default, made from the rows of by_design.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BY_DESIGN_H
#define SOCKSAN_ANALYZER_BY_DESIGN_H

#include "analyzer/report/report_data.h"

/* The function that made the descriptor, where some row is for it: no violation of that function is one with a user's. NULL: no row is. */
const char *runtime_maker(const struct report_item *item);

/* The reason of the row that fits this violation, or NULL. */
const char *by_design(const struct report_item *item);

#endif
