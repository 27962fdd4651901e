/* What the in-test API, socksan.h, keeps of a process: the violations since its last check.
 * Safe in any thread and in signal handlers, no lock, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_CHECK_H
#define SHIM_CHECK_H

#include "shim/track/lifecycle.h"

/* A violation was recorded; `op` is a literal. */
void check_note(enum violation, const char *op, int fd);

/* In a forked child: what was before is the parent's. */
void check_forget(void);

#endif
