/* Memory for data that is found once and needed until the end, such as the texts of stacks. Never freed. Lock-free; safe in signal
 * handlers. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_KEEP_H
#define SHIM_KEEP_H

#include <stddef.h>

/* Aligned to 8 bytes. NULL at the limit of 16 MB, or if the kernel refuses memory. */
void *keep(size_t);

#endif
