/* Languages whose functions are not native functions: an interpreter runs them, and a collector closes for them. struct tenant is the
 * shim's interface to one; shim/lang/NAME.c implements it, and lang.c has a row for it.
 *
 * In a program without a tenant, as most are, a hooked path pays one load. Safe in signal handlers; no lock, no allocation, no errno.
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

/* The interface to a language. All functions but find() are about the calling thread, and are called on hooked paths. If a tenant must ask
 * its interpreter instead of reading it in place, it must not do so in kept_key() and write() while thread.unasked is set: the caller may
 * be a signal handler, which interrupted the interpreter anywhere, or a part of the interpreter that opens a file. An interpreter that is
 * ending frees the data of other threads, whatever they do: from then on those have no frames, even in the middle of a call here. */
struct tenant {
	/* Whether it is in this program; called by the constructor. Also false if the user turned it off. */
	bool (*find)(void);

	/* Whether it is in an object that a stack has entered for the first time, and that may have been loaded since; NULL: find() knows. */
	bool (*meets)(const struct link_map *);

	/* Identifies its current stack, at each event; 0 if the thread has no frames of it now. */
	uint64_t (*key)(void);

	/* The same for what write() would add, for a stack that is not known yet: two stacks with different key() may have the same text. */
	uint64_t (*kept_key)(void);

	/* Adds its frames, innermost first, each "file:line function" or "file:line:column function", by its key of lang.def. `room` is
	 * scratch memory for the text of a frame. */
	void (*write)(struct jsonl *, char *room, size_t size);

	/* A number for the place where this thread makes a listener that will accept on its own, when that place is no longer on a stack:
	 * thread.cause has it when key() and the others are called for what that accepts. 0: there is none. NULL if the language has no
	 * such listeners; of several languages that have, the first in lang.c is asked. */
	uint32_t (*cause)(void);

	/* The thread is in a call that only interpreters make by syscall(2), and that is not recorded: an opportunity to prepare. NULL:
	 * none is needed. */
	void (*visit)(void);

	/* Whether the current call, made from pc, comes from its collector, which runs for objects that nothing refers to any more. Asked
	 * once per stack. NULL: its collector closes nothing, or ending.c knows. */
	bool (*collects)(uintptr_t pc);

	/* The same where the collector closes through functions that the program calls as well, for what is not a socket: these are all
	 * return addresses, innermost first. */
	bool (*collects_through)(const uintptr_t *pc, unsigned n);

	/* Whether this thread is in a finalizer written in the language which reports what it closes as forgotten by the program. NULL:
	 * there are none. */
	bool (*abandons)(void);

	/* Whether its interpreter is ending, so that the collector now closes what the program left open. NULL: it closes nothing then, or
	 * ending.c knows. */
	bool (*ends)(void);

	/* Whether it loads extensions with RTLD_DEEPBIND: their calls find libc's functions before the hooks, unless their imports are
	 * redirected. */
	bool binds_deep;

	/* NULL unless the interpreter's state is in no variable: its functions pass it on, and keep it in a register across calls. The
	 * key() of such a language is always 0; kept_key() and write() use thread.state, if that is not NULL. */
	const struct tenant_state *state;
};

struct tenant_state {
	/* Whether a value that the function around pc keeps is such a state, and active. Returns how far up the stack it began, which
	 * orders nested states; 0: it is none. The value may be anything. */
	uintptr_t (*rank)(uintptr_t pc, uintptr_t value);

	/* Identifies the current stack of a state, at each event; not 0. */
	uint64_t (*key)(const void *state);

	/* Whether its collector made the current call, which has these return addresses, innermost first. */
	bool (*collects)(const void *state, const uintptr_t *pc, unsigned n);
};

/* Looks for each tenant. Call in the constructor. */
void lang_init(void);

/* A stack has entered an object for the first time. */
void lang_meet(const struct link_map *);

/* Whether a tenant was found that loads its extensions with RTLD_DEEPBIND. */
bool lang_binds_deep(void);

/* A tenant finds later that it cannot work: it is not called any more. */
void lang_leave(const struct tenant *);

/* These call all tenants in this program. `lang_ask` is NULL if there is none, and the tenant's own key() if there is one. */
extern uint64_t (*lang_ask)(void) __attribute__((visibility("hidden")));
static inline bool lang_any(void) { return __atomic_load_n(&lang_ask, __ATOMIC_RELAXED) != NULL; }
static inline uint64_t lang_key(void)
{
	uint64_t (*ask)(void) = __atomic_load_n(&lang_ask, __ATOMIC_ACQUIRE);
	return ask ? ask() : 0;
}
uint64_t lang_kept_key(void);
void lang_write(struct jsonl *, char *room, size_t size);
extern uint32_t (*lang_causes)(void) __attribute__((visibility("hidden")));
static inline uint32_t lang_cause(void)
{
	uint32_t (*causes)(void) = __atomic_load_n(&lang_causes, __ATOMIC_ACQUIRE);
	return causes ? causes() : 0;
}
void lang_visit(void);
bool lang_collects(uintptr_t pc);
bool lang_collects_through(const uintptr_t *pc, unsigned n);
bool lang_abandons(void);
bool lang_ends(void);

/* The functions for states; at most one language in a program has them. */
extern const struct tenant_state *lang_state __attribute__((visibility("hidden")));
static inline bool lang_seeks(void) { return lang_state; }
static inline uintptr_t lang_state_rank(uintptr_t pc, uintptr_t value) { return lang_state->rank(pc, value); }
static inline uint64_t lang_state_key(const void *state) { return lang_state->key(state); }
static inline bool lang_state_collects(const uintptr_t *pc, unsigned n)
{
	return thread.state && lang_state->collects(thread.state, pc, n);
}

/* Whether the program, or an object loaded at its start, has this name, with or without a version: "php8.2", "libphp.so". Call in the
 * constructor. */
bool lang_is_here(const char *name);

/* What interpreters close by themselves, with or without a tenant, in ending.c: who made the call with these return addresses, innermost
 * first. The first function looks for the interpreters; call it in the constructor. */
enum lang_closer { LANG_RUNS, LANG_COLLECTS, LANG_ENDS };
void lang_find_ending(void);
enum lang_closer lang_closer(const uintptr_t *pc, unsigned n);

#endif
