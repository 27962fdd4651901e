/* Reads what this process has written to its trace, where it lies: for questions that are asked seldom, as all of it is looked at.
 * No lock, no allocation, no errno; what a thread is writing at this moment may be missing.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_REREAD_H
#define SHIM_REREAD_H

#include <stdbool.h>
#include <stddef.h>

/* Calls `look` for each line, without its newline; in no order. A line stays where it is as long as the process lives. */
void trace_reread(void (*look)(void *, const char *line, size_t len), void *);

/* What stands behind `"key":` in a line, up to its end; NULL: the line has no such key. */
const char *trace_value(const char *line, size_t len, const char *key);

#endif
