/* The ids of stacks, and their lines in the trace, which come before any line that refers to them. Lock-free; safe in signal handlers. No
 * errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_IDS_H
#define SHIM_IDS_H

#include "shim/stack/depot.h"

/* Hashes of known stacks; a stack's id is its slot's index plus one. */
extern uint64_t ids_slots[STACK_IDS] __attribute__((visibility("hidden")));

/* Bits of a hash. QUIET: the stack is kept, and not in the trace. PENDING: it is in neither yet; a thread that meets it does not rely on the one
 * that is at it, which may be held up until the process has ended, but does the same. A line that is there twice does no harm. */
enum { IDS_QUIET = 2, IDS_PENDING = 4 };

/* The id of a stack whose return addresses these are, innermost first; with `lang`, lang_kept_key(), of this thread's current one. A quiet one
 * is not written. 0: neither in the trace nor kept. */
uint32_t ids_of(const uintptr_t *pc, unsigned n, uint64_t lang, uint64_t salt, bool quiet);

/* Whether stack_tell() must be called before a line refers to it. */
static inline bool ids_untold(uint32_t id)
{
	return id && id <= STACK_IDS && __atomic_load_n(&ids_slots[id - 1], __ATOMIC_RELAXED) & IDS_QUIET;
}

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
	bool program = __builtin_expect(id - 1 < STACK_IDS, 1) &&
		       __atomic_load_n(&stack_closers[id - 1], __ATOMIC_RELAXED) == BY_PROGRAM + 1;
	return __builtin_expect(program, 1) ? BY_PROGRAM : stack_closer_of(id);
}

/* In a forked child. */
void ids_forget(void);

#endif
