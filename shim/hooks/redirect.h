/* Imports of the objects that are loaded, led to the hooks and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_REDIRECT_H
#define SHIM_REDIRECT_H

#include <stdbool.h>

/* Leads every import of a function of hooks.def to its hook, also in objects that are loaded later, before their first symbol is asked for.
 * `slots`: how many. One that leads to another object than libc, to a wrapper of the program's or a sanitizer's, stays. Each is changed by one store,
 * beside threads that call it. False, as of the other: another thread is loading objects and does not come to an end. */
bool redirect_all(unsigned *slots);

/* Each import as it was before, where its object still is there. */
bool redirect_undo(void);

#endif
