/* Ends of a process that its own handlers report.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENDS_H
#define SHIM_ENDS_H

#include <stdbool.h>

/* Registers handlers for forks and exits; once per process. In a process that was running already (`late`), handlers of
 * exit(3) run before the program's own, so the shim's destructor records the end instead, after nearly all others. */
void ends_register(bool late);

#endif
