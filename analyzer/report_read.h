/* Reads a JSON report back: for baselines and for `socksan merge`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_REPORT_READ_H
#define SOCKSAN_ANALYZER_REPORT_READ_H

#include <stddef.h>

#include <jansson.h>

/* The report in `n` bytes of memory; its "violations" is an array, the rest is as yet unchecked. NULL: `*why` says what
 * is wrong with it ("name:3: ..."), to be freed. */
json_t *report_parse(const char *name, const char *text, size_t n, char **why) __attribute__((warn_unused_result));

#endif
