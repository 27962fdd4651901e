/* Modules and stacks, each kept once for all processes: equal content is the same pointer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_STACKS_H
#define SOCKSAN_ANALYZER_STACKS_H

#include <stddef.h>
#include <stdint.h>

struct module {
	const char *path;
	const char *build_id; /* hex, NULL when the trace has none */
	uint64_t base;
};

/* An address, as the return address that the stack held: the call is before it. */
struct frame {
	const struct module *module; /* NULL: outside of every mapped file */
	uint64_t offset;
};

struct stack {
	size_t n_frames, n_py;
	const struct frame *frames; /* innermost first */
	const char *const *py;	    /* "file:line function", innermost first */
};

/* The base counts only for programs that are not position-independent; for the rest it differs from run to run. */
const struct module *module_intern(const char *path, const char *build_id, uint64_t base);

const struct stack *stack_intern(const struct frame *frames, size_t n, const char *const *py, size_t n_py);

/* Frees them all, after symbols_forget(). */
void stacks_forget(void);

#endif
