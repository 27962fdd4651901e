/* Suggests packages with the names that stacks lack.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_NAME_HINT_H
#define SOCKSAN_ANALYZER_NAME_HINT_H

#include "analyzer/report/report_data.h"

/* Adds a note if the place of some violation has no line, and packaged modules have unnamed frames there. */
void note_packages(struct report *report);

#endif
