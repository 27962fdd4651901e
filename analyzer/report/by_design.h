/* What runtimes do by design: the default suppressions, made from the rows of by_design.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_BY_DESIGN_H
#define SOCKSAN_ANALYZER_BY_DESIGN_H

#include "analyzer/report/report_data.h"

/* The function that made the descriptor, if some row has it: violations of that function are never merged with a user's. NULL: no row has
 * it. */
const char *runtime_maker(const struct report_item *item);

/* The reason of the row that matches this violation, or NULL. */
const char *by_design(const struct report_item *item);

#endif
