/* Languages whose functions are no functions of the machine: an interpreter runs them, and a collector closes for them. What the shim asks
 * of one is struct tenant; shim/lang/NAME.c answers it, and lang.c has a row for it.
 *
 * Where no tenant is in a program, which is most of them, a hooked path pays one load. Safe in signal handlers, no lock, no allocation;
 * no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_LANG_H
#define SHIM_LANG_H

#include "shim/state/thread.h"
#include "shim/trace/jsonl.h"

#include <stdbool.h>
#include <stdint.h>

/* The most frames that a tenant looks at: the bound of the option stack_depth, and how far up it searches for the user's own frames. */
enum { DEPTH = 64 };

struct link_map;

/* What a language answers, all but find() of the calling thread and on a hooked path. Where a tenant can only ask its interpreter, not read
 * it in place, thread.unasked says when kept_key() and write() must not: what asks the shim may be a signal handler, which has stopped the
 * interpreter anywhere, or a part of the interpreter that opens a file. An
 * interpreter that is ending frees what other threads have, whatever they do: once it is, those have no frames, also amid an answer. */
struct tenant {
	/* Whether it is in this program; for the constructor. False too where the user does not want to be told of it. */
	bool (*find)(void);

	/* Whether it is in an object that a stack meets for the first time, which may have been loaded since; NULL: find() knows. */
	bool (*meets)(const struct link_map *);

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

	/* Whether a call from pc, which is the one that is being made, is its collector's, which runs when nobody refers to an object any
	 * more. Asked once for each stack. NULL: it closes nothing, or ending.c tells. */
	bool (*collects)(uintptr_t pc);

	/* Whether this thread is in a finalizer written in the language which holds that the program forgot what it gives up. NULL: there are
	 * none such. */
	bool (*abandons)(void);

	/* Whether its interpreter is ending, so that the collector now closes what the program left. NULL: it closes nothing then, or ending.c
	 * tells. */
	bool (*ends)(void);

	/* NULL but for an interpreter whose state is in no variable: its functions hand it on, and keep it in a register through what they
	 * call. The key() of such a language is always 0; kept_key() and write() are of thread.state, if that is not NULL. */
	const struct tenant_state *state;
};

struct tenant_state {
	/* Whether a value that the function around pc keeps is such a state, at work: how far up the stack it began, which tells an inner one
	 * from an outer one; 0: it is none. The value may be anything. */
	uintptr_t (*rank)(uintptr_t pc, uintptr_t value);

	/* Tells the stacks of a state apart, at each event; not 0. */
	uint64_t (*key)(const void *state);

	/* Whether its collector made the call at hand, which has these return addresses, innermost first. */
	bool (*collects)(const void *state, const uintptr_t *pc, unsigned n);
};

/* Looks for each tenant; for the constructor. */
void lang_init(void);

/* A stack meets an object for the first time. */
void lang_meet(const struct link_map *);

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
bool lang_abandons(void);
bool lang_ends(void);

/* Those of states; of one language at most in a program. */
extern const struct tenant_state *lang_state __attribute__((visibility("hidden")));
static inline bool lang_seeks(void) { return lang_state; }
static inline uintptr_t lang_state_rank(uintptr_t pc, uintptr_t value) { return lang_state->rank(pc, value); }
static inline uint64_t lang_state_key(const void *state) { return lang_state->key(state); }
static inline bool lang_state_collects(const uintptr_t *pc, unsigned n)
{
	return thread.state && lang_state->collects(thread.state, pc, n);
}

/* Whether the program, or an object that it started with, is called so, with a version or without: "php8.2", "libphp.so"; for the constructor. */
bool lang_is_here(const char *name);

/* What interpreters close by themselves, tenants or not, in ending.c: who made the call with these return addresses, innermost first. Looks
 * for their functions first; for the constructor. */
enum lang_closer { LANG_RUNS, LANG_COLLECTS, LANG_ENDS };
void lang_find_ending(void);
enum lang_closer lang_closer(const uintptr_t *pc, unsigned n);

#endif
