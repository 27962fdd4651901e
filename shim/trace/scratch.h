/* Memory for long lines, since the host's stack may be small. Safe in any thread and in signal handlers; no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_TRACE_SCRATCH_H
#define SHIM_TRACE_SCRATCH_H

#define TRACE_LINE_MAX 32768

/* Memory for two of them. Returns NULL if it cannot be had. Release it with trace_scratch_end(). */
char *trace_scratch(void);
void trace_scratch_end(char *);

/* In a forked child: what was given out is not in use. */
void trace_scratch_forget(void);

#endif
