/* Items with the same fingerprint, which differ only in lines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TWINS_H
#define SOCKSAN_ANALYZER_TWINS_H

#include "analyzer/report/report_data.h"

/* Fills in `twin` of each item. */
void count_twins(struct report *report);

#endif
