/* Sanitizer runtimes that are libraries: how a program gets its own before the shim, though LD_PRELOAD comes before what it needs.
 * Second, one would see the shim as the caller of whatever it intercepts, and ASan's would end the program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_RUNTIME_H
#define SHIM_RUNTIME_H

#include <stddef.h>

#define RUNTIME_MAX 64 /* bytes of a name, its NUL included */

/* Parts a runtime, which is for this one program, from the LD_PRELOAD that its children inherit. The loader skips the empty name in
 * between. */
#define RUNTIME_MARK "::"

/* Whether an object of that name, with or without a path, has to be first. */
int runtime_is(const char *name, size_t len);

/* The name of the runtime among the libraries that the program at `path` needs: its length, 0 when there is none or the file cannot
 * be read. In system calls alone: for vfork children and signal handlers too. No errno. */
size_t runtime_of(const char *path, char name[RUNTIME_MAX]);

#endif
