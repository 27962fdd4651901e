/* Where a call came from: stacks and their modules, each written to the trace once per process, before any line that
 * refers to it. Lock-free, no allocation, safe in signal handlers (glibc's _dl_find_object is, and so is libgcc's
 * unwinder that uses it). No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STACK_H
#define SHIM_STACK_H

#include "shim/stack/ids.h"

#include <stdbool.h>
#include <stdint.h>

/* Prepares the unwinder and finds the shim's own address range. Call in the constructor. */
void stack_init(void);

/* The id of the caller's stack, without the shim's frames; 0 if stacks are off or none was found. */
uint32_t stack_here(void);

/* The same for a hook that gives the address which it returns to: known sooner where a function of the host calls it at several places. */
uint32_t stack_from(uintptr_t caller);

/* The same, for callers that know that the program has no language: see lang_any(). */
uint32_t stack_plain(void);

/* The same without writing to the trace: the frames are kept until stack_tell() writes them. Returns 0 also if out of
 * memory. */
uint32_t stack_quiet(void);

/* Call after an object may have been unloaded: stacks through its addresses get new ids. */
void stack_unloaded(void);

/* Call in a forked child: its trace has no stacks yet. */
void stack_forget(void);

#endif
