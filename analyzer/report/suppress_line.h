/* The line for --suppressions that a violation asks for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SUPPRESS_LINE_H
#define SOCKSAN_ANALYZER_SUPPRESS_LINE_H

#include "analyzer/report/report_data.h"

/* "CODE:PATTERN", to be freed: by the function of its place where that tells it from others, else by its fingerprint. */
char *suppression_line(const struct report_item *item) __attribute__((warn_unused_result, returns_nonnull));

#endif
