/* Where a call came from: stacks and their modules, each written to the trace once per process, before any line that
 * refers to it. Lock-free, no allocation, safe in signal handlers (glibc's _dl_find_object is, and so is libgcc's
 * unwinder that uses it). No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_STACK_H
#define SHIM_STACK_H

#include "shim/stack/depot.h"

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

/* Makes sure that a stack is in the trace, and returns its id for use in lines. Returns 0 if that is impossible, as
 * when an object in it may have been unloaded. */
uint32_t stack_tell(uint32_t id);

/* Who closes a socket, judging by its stack, see lang.h: the program, a language's garbage collector, or an ending
 * interpreter. */
enum closer { BY_PROGRAM, BY_COLLECTOR, BY_END };
enum closer stack_closer_of(uint32_t id);
extern uint8_t stack_closers[STACK_IDS]
	__attribute__((visibility("hidden"))); /* enum closer plus one; 0: not asked yet */
static inline enum closer stack_closer(uint32_t id)
{
	bool program =
		id - 1 < STACK_IDS && __atomic_load_n(&stack_closers[id - 1], __ATOMIC_RELAXED) == BY_PROGRAM + 1;
	return __builtin_expect(program, 1) ? BY_PROGRAM : stack_closer_of(id);
}

/* Call after an object may have been unloaded: stacks through its addresses get new ids. */
void stack_unloaded(void);

/* Call in a forked child: its trace has no stacks yet. */
void stack_forget(void);

#endif
