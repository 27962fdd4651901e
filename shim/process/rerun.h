/* A sanitizer runtime that is a shared library must be loaded first, but LD_PRELOAD puts the shim before it unless the launcher prevented
 * that: with LD_PRELOAD set by hand, or for a program found through PATH.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_RERUN_H
#define SHIM_RERUN_H

/* Restarts this program with the runtime that was loaded right after the shim put before it. Returns if there is no such runtime or nothing
 * can be done. Call in the constructor, before anything else has run. */
void rerun_behind_runtime(char *const *envp);

#endif
