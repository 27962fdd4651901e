/* Records where a process is when a signal ends it, and where its threads are when `socksan explore` asks. Signal
 * handlers do this; they are installed with the option `inject`, and stay until the host sets its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_DEATHS_H
#define SHIM_DEATHS_H

#include <stdint.h>

/* Installs the handlers. For the constructor. */
void deaths_tell(void);

/* Writes a `fault` line; what is NULL or 0 is left out. Defined in fault.c. */
void fault_line(const char *what, const char *op, uint32_t stack);

#endif
