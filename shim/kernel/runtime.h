/* Sanitizer runtimes that are shared libraries: how a program gets its runtime loaded before the shim, although LD_PRELOAD comes before the
 * program's own dependencies. If it came second, the runtime would see the shim as the caller of everything it intercepts, and ASan's would
 * end the program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_RUNTIME_H
#define SHIM_RUNTIME_H

#include <stddef.h>

#define RUNTIME_MAX 64 /* size of a name, with its NUL */

/* Separates a runtime, which only this program needs, from the LD_PRELOAD that its children inherit. The loader skips the empty name in
 * between. */
#define RUNTIME_MARK "::"

/* Whether an object of that name, with or without a path, has to be loaded first. */
int runtime_is(const char *name, size_t len);

/* Finds the runtime among the libraries that the program at `path` needs. Returns the length of its name, or 0 if there is none or the file
 * cannot be read. Makes only system calls, so it is safe in vfork children and signal handlers. No errno. */
size_t runtime_of(const char *path, char name[RUNTIME_MAX]);

#endif
