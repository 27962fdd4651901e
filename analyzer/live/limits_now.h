/* What the kernel says about a running process: how many descriptors it has, and its limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_LIMITS_NOW_H
#define SOCKSAN_ANALYZER_LIMITS_NOW_H

#include "analyzer/replay/lives.h"

/* -1: it is not running here, or belongs to another user. */
int64_t descriptors_now(const struct traced_process *process);

/* For a process that is not running here, the limit that it started with; -1: unknown. */
int64_t nofile_now(const struct traced_process *process);

#endif
