/* Memory for what is found once and needed for good, such as texts of stacks: never given back. Lock-free; safe in signal handlers. No
 * errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_KEEP_H
#define SHIM_KEEP_H

#include <stddef.h>

/* Aligned to 8 bytes; NULL when the bound of 16 MB is met, or memory is refused. */
void *keep(size_t);

#endif
