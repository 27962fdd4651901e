/* The running program: its path and the shim's, and the mapped objects. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include <stdbool.h>

struct dl_find_object;

/* Finds both paths. Call in the constructor. */
void program_init(void);

/* The path of the program, from /proc/self/exe, and of the shim; "" if unknown. */
extern char program_exe[4096], program_shim[4096];

/* The mapped object around an address: _dl_find_object(3). */
bool program_find(const void *pc, struct dl_find_object *);

#endif
