/* Languages whose functions are no functions of the machine: an interpreter runs them, and a collector closes for them. What the shim asks
 * of one is struct tenant; shim/lang/NAME.c answers it, and lang.c has a row for it.
 *
 * Where no tenant is in a program, which is most of them, a hooked path pays one load. Safe in signal handlers, no lock, no allocation;
 * no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_LANG_H
#define SHIM_LANG_H

#include "shim/trace/jsonl.h"

#include <stdbool.h>
#include <stdint.h>

/* What a language answers, all but find() of the calling thread and on a hooked path. Where a tenant can only ask its interpreter, not read
 * it in place, thread.unasked says when kept_key() and write() must not: what asks the shim may be a signal handler, which has stopped the
 * interpreter anywhere, or a part of the interpreter that opens a file. An
 * interpreter that is ending frees what other threads have, whatever they do: once it is, those have no frames, also amid an answer. */
struct tenant {
	/* Whether it is in this program; for the constructor. False too where the user does not want to be told of it. */
	bool (*find)(void);

	/* Tells its stacks apart, at each event; 0 when the thread has no frames of it now. */
	uint64_t (*key)(void);

	/* The same for what write() would add, of a stack that is not known: two whose key() differs may be written alike. */
	uint64_t (*kept_key)(void);

	/* Adds its frames, innermost first, each "file:line function" or "file:line:column function", by its key of lang.def. `room` is
	 * scratch memory for the text of a frame. */
	void (*write)(struct jsonl *, char *room, size_t size);

	/* A number for where this thread made the listener that it makes now, and which accepts by itself once nothing of that is on a stack:
	 * thread.cause is it when key() and the others are asked of what that accepts. 0: there is none. NULL where nothing accepts so. */
	uint32_t (*cause)(void);

	/* The thread is in a call that only interpreters make by syscall(2), and that is not recorded: an occasion to prepare. NULL: none is
	 * needed. */
	void (*visit)(void);

	/* Whether a call from pc is its collector's, which runs when nobody refers to an object any more. */
	bool (*collects)(uintptr_t pc);

	/* Whether its interpreter is ending, so that the collector now closes what the program left. */
	bool (*ends)(void);
};

/* Looks for each tenant; for the constructor. */
void lang_init(void);

/* A tenant finds later that it cannot answer: it is asked no more. */
void lang_leave(const struct tenant *);

/* The questions, put to all that are here. `lang_ask` is NULL when none is, and its own key() when there is one. */
extern uint64_t (*lang_ask)(void) __attribute__((visibility("hidden")));
static inline bool lang_any(void) { return __atomic_load_n(&lang_ask, __ATOMIC_RELAXED) != NULL; }
static inline uint64_t lang_key(void)
{
	uint64_t (*ask)(void) = __atomic_load_n(&lang_ask, __ATOMIC_RELAXED);
	return ask ? ask() : 0;
}
uint64_t lang_kept_key(void);
void lang_write(struct jsonl *, char *room, size_t size);
uint32_t lang_cause(void);
void lang_visit(void);
bool lang_collects(uintptr_t pc);
bool lang_ends(void);

/* Interpreters that are no tenants, in ending.c: whether one of them, as it ends, made the call with these return addresses, innermost first.
 * Looks for them first; for the constructor. */
void lang_find_ending(void);
bool lang_ending(const uintptr_t *pc, unsigned n);

#endif
