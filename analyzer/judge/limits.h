/* What is judged (--kinds), how strictly, and how long is too long (--limit).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_JUDGE_LIMITS_H
#define SOCKSAN_ANALYZER_JUDGE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/violation.h"

struct limits {
	int64_t ns[CODES]; /* how long is too long, by code; 0 for codes without a limit */
	bool strict;	   /* --strict: every violation has its full severity, no matter whose code it is in */
	int64_t kinds;	   /* a bit for each kind of descriptor that is judged; 0: sockets only */
};

struct limits default_limits(void);

#endif
