/* Stacks kept until a line of the trace needs them: their frames, and what the program's languages add, in memory that
 * is never freed. Bounded; lock-free; safe in signal handlers. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_DEPOT_H
#define SHIM_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many distinct stacks have ids of their own, 1 to STACK_IDS. Further stacks are written each time, with larger
 * ids. */
#define STACK_IDS 32768

struct frames {
	unsigned n, lang_len;
	const char *lang;    /* part of a line, see lang_write() */
	const uintptr_t *pc; /* innermost first */
};

/* Keeps a stack under an id of at most STACK_IDS; with `lang`, also what the languages say of this thread now. Returns
 * false if there is no room. */
bool depot_keep(uint32_t id, const uintptr_t *pc, unsigned n, bool lang);

/* Finds a kept stack. Returns false if it is not kept, or if an object in it may have been unloaded since. The result
 * stays valid for good. */
bool depot_find(uint32_t id, struct frames *out);

/* Keeps a stack's line as the trace got it, without its end, for files written beside the trace. Not kept: ids past
 * STACK_IDS, and lines for which there is no more room. */
void depot_tell(uint32_t id, const char *line, size_t len);
const char *depot_told(uint32_t id, size_t *len); /* NULL: not kept */

/* An object has been unloaded: addresses no longer identify the kept stacks. */
void depot_unloaded(void);

#endif
