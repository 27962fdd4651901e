/* Modules and stacks, each stored once for all processes: equal content is the same pointer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_STACKS_H
#define SOCKSAN_ANALYZER_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "shim/model/words.h"

struct module {
	const char *path;
	const char *build_id; /* hex; NULL if the trace has none */
	uint64_t base;
};

/* A return address as it was on the stack: the call is before it. */
struct frame {
	const struct module *module; /* NULL: outside of every mapped file */
	uint64_t offset;
};

struct stack {
	size_t n_frames, n_script, n_runs;
	const struct frame *frames; /* innermost first */
	enum lang lang;		    /* of `script` */
	const char *const *script;  /* "file:line function", innermost first */
	const uint64_t *
		runs; /* how many frames of script each entry into the interpreter has, innermost first; the last may be missing. As in
		        * the trace */
};

/* The base matters only for programs that are not position-independent; otherwise it differs from run to run. */
const struct module *module_intern(const char *path, const char *build_id, uint64_t base);

/* The stored stack that is equal to this one, whose arrays and texts are copied if it is new. */
const struct stack *stack_intern(const struct stack *stack);

/* Frees all of them. Call after symbols_forget(). */
void stacks_forget(void);

#endif
