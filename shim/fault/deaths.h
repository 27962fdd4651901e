/* Where a process is when a signal ends it, and where its threads are when `socksan explore` asks: told by handlers, which are there
 * where the option `inject` is on, and as long as the host sets none of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_DEATHS_H
#define SHIM_DEATHS_H

#include <stdint.h>

/* For the constructor. */
void deaths_tell(void);

/* A line `fault`; what is NULL or 0 is left out. Of fault.c. */
void fault_line(const char *what, const char *op, const char *error, uint64_t site, uint32_t stack);

#endif
