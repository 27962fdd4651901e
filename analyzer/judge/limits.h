/* How long is too long, see --limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_LIMITS_H
#define SOCKSAN_ANALYZER_JUDGE_LIMITS_H

#include <stdint.h>

#include "analyzer/base/violation.h"

/* How long is too long, in ns, by code; 0 for codes that know no limit. */
struct limits {
	int64_t ns[VIOLATIONS];
};

struct limits default_limits(void);

#endif
