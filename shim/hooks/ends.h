/* The ends of a process that its own handlers tell of.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ENDS_H
#define SHIM_ENDS_H

#include <stdbool.h>

/* Registers handlers for forks and ends: once per process. In one that ran already (`late`), handlers of exit(3) run before those of the
 * program, so that the end is told by the destructor of the shim instead, after those of nearly everything. */
void ends_register(bool late);

#endif
