/* What the kernel says of a process that runs: how many descriptors it has, and may have.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LIMITS_NOW_H
#define SOCKSAN_ANALYZER_LIMITS_NOW_H

#include "analyzer/replay/lives.h"

/* -1: it does not run here, or is another user's. */
int64_t descriptors_now(const struct traced_process *process);

/* Of a process that does not run here, the limit that it began with; -1: not known. */
int64_t nofile_now(const struct traced_process *process);

#endif
