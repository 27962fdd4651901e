/* A sanitizer's runtime that is a library wants to be first, and LD_PRELOAD puts the shim before it where nobody saw to that in time: by
 * hand, or for a program that was found on the PATH.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_RERUN_H
#define SHIM_RERUN_H

/* Runs this program once more, with the runtime that stands right behind the shim put before it. Returns where there is none or nothing
 * can be done about it. For the constructor, before anything else has run. */
void rerun_behind_runtime(char *const *envp);

#endif
