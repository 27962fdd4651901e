/* Redirects the imports of loaded objects to the hooks, and undoes it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_REDIRECT_H
#define SHIM_REDIRECT_H

#include <stdbool.h>

/* Redirects every import of a function of hooks.def to its hook, also in objects that are loaded later, before their
 * first symbol is looked up. `slots`: how many were redirected. An import that leads to another object than libc, such
 * as a wrapper of the program or a sanitizer, stays. Each import is changed by a single store, while other threads may
 * call it. Both functions wait up to 0.1 s for another thread that is redirecting, and return false if it does not
 * finish. In a process that has the shim from its start, it is for what is loaded with RTLD_DEEPBIND; call it before the
 * real functions are replaced. */
bool redirect_all(unsigned *slots);

/* Restores each import whose object is still loaded. */
bool redirect_undo(void);

#endif
