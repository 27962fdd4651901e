/* From a report to what becomes of it: suppressions, baseline and --fail-on are applied, and every output written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DELIVER_H
#define SOCKSAN_ANALYZER_DELIVER_H

#include <stdio.h>

#include "analyzer/report/report_data.h"
#include "analyzer/cli/settings.h"

/* NOT: failed, and the message is written. FAILING: something reached --fail-on. INCOMPLETE: nothing did, but not everything is
 * known, and --allow-dropped is not given. */
enum delivered { DELIVERED_NOT, DELIVERED_CLEAN, DELIVERED_FAILING, DELIVERED_INCOMPLETE };

/* Items that are known or suppressed already stay so. */
enum delivered deliver(const struct settings *settings, struct report *report, FILE *main_output)
	__attribute__((warn_unused_result));

/* The exit status; `failed` is the command's own for DELIVERED_NOT. */
int delivered_status(const struct settings *settings, enum delivered delivered, int failed);

#endif
