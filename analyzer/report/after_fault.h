/* Which violations of a run occurred after a call that was made to fail.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_AFTER_FAULT_H
#define SOCKSAN_ANALYZER_AFTER_FAULT_H

#include "analyzer/report/report_data.h"

/* Sets `injected` of each such violation. Returns what it points to, for free(); NULL: no call was made to fail. */
struct injected *after_faults(struct report *report) __attribute__((warn_unused_result));

#endif
