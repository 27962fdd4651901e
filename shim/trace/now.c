/* The time of a trace's lines: see now.h; clock_gettime(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/trace/now.h"

uint64_t trace_last;

uint64_t trace_now(void) { return trace_now_here(); }
