/* Where a call came from: stacks and the objects they lie in, each written to the trace once per process, and not before a line refers to it.
 * Lock-free, no allocation, safe in signal handlers (glibc's _dl_find_object is; so is libgcc's unwinder upon it). No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STACK_H
#define SHIM_STACK_H

#include "shim/stack/depot.h"

#include <stdbool.h>
#include <stdint.h>

/* Prepares the unwinder and finds the shim's own range; for the constructor. */
void stack_init(void);

/* The id of the caller's stack, without the shim's frames; 0 when stacks are off or none was found. */
uint32_t stack_here(void);

/* The same where no language is here, which the caller knows: see lang_any(). */
uint32_t stack_plain(void);

/* The same, but the trace is not told of it: the frames are kept until stack_tell() is asked for them. 0 also where no memory is left. */
uint32_t stack_quiet(void);

/* The id that lines may refer to: of a stack that the trace has, or gets now. 0 when it cannot, as an object in it may have been unloaded. */
uint32_t stack_tell(uint32_t id);

/* Who closes a socket from the stack of that id, see lang.h: the program's code, the garbage collector of a language, or an interpreter that
 * ends. */
enum closer { BY_PROGRAM, BY_COLLECTOR, BY_END };
enum closer stack_closer(uint32_t id);

/* After an object may have been unloaded: stacks through its addresses are new ones. */
void stack_unloaded(void);

/* In a forked child: its trace has no stacks yet. */
void stack_forget(void);

#endif
