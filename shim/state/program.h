/* The program that runs here: its path and the shim's, and the objects that are mapped. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include <stdbool.h>

struct dl_find_object;

/* Finds both paths; for the constructor. */
void program_init(void);

/* Path of the program, from /proc/self/exe, and of the shim; "" when unknown. */
extern char program_exe[4096], program_shim[4096];

/* _dl_find_object(3): the mapped object around an address. */
bool program_find(const void *pc, struct dl_find_object *);

#endif
