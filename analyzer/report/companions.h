/* Violations of one and the same descriptor, which text reports show in one entry.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COMPANIONS_H
#define SOCKSAN_ANALYZER_COMPANIONS_H

#include "analyzer/report/report_data.h"

/* Fills in `also` and `is_also` of the items that a text shows. Only violations that happened once can be matched: their histories begin
 * with the same call. */
void find_companions(struct report *report);

#endif
