/* From a report to what becomes of it: suppressions, baseline and --fail-on are applied, and every output written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DELIVER_H
#define SOCKSAN_ANALYZER_DELIVER_H

#include <stdio.h>

#include "analyzer/report_data.h"
#include "analyzer/settings.h"

/* 0: nothing reached --fail-on. 1: something did. -1: failed, and the message is written. Items that are known or
 * suppressed already stay so. */
int deliver(const struct settings *settings, struct report *report, FILE *main_output)
	__attribute__((warn_unused_result));

#endif
