/* Violations of one and the same descriptor, which a text tells in one entry.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_COMPANIONS_H
#define SOCKSAN_ANALYZER_COMPANIONS_H

#include "analyzer/report/report_data.h"

/* Fills in `also` and `is_also` of the items that a text shows. Only what happened once is known to be of one descriptor: its history
 * begins with the same call. */
void find_companions(struct report *report);

#endif
