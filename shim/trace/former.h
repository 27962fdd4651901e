/* Segments that an earlier program of this process has left: they are part of its trace, and the first to go. For the files of this room alone.
 * Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_FORMER_H
#define SHIM_TRACE_FORMER_H

#include "shim/trace/sink.h"

/* How many bytes they have. */
uint64_t former_size(struct sink *);

/* Removes the oldest: its bytes; 0: there is none. */
uint64_t former_drop(struct sink *);

#endif
