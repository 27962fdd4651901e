/* Segments left by an earlier program of this process. They are part of its trace, and are removed first. Private to
 * shim/trace. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_FORMER_H
#define SHIM_TRACE_FORMER_H

#include "shim/trace/sink.h"

/* Their total size in bytes. */
uint64_t former_size(struct sink *);

/* Removes the oldest. Returns its size in bytes, or 0 if there is none. */
uint64_t former_drop(struct sink *);

#endif
