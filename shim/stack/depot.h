/* Stacks that the trace may have to be told of later: their frames, and what the languages of the program say of them, in memory that is
 * never given back. Bounded; lock-free; safe in signal handlers. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_DEPOT_H
#define SHIM_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Distinct stacks told apart. Their ids are 1 to STACK_IDS; further ones are written each time, with larger ids. */
#define STACK_IDS 32768

struct frames {
	unsigned n, lang_len;
	const char *lang;    /* keys of a line, see lang_write() */
	const uintptr_t *pc; /* innermost first */
};

/* Keeps a stack under an id, an STACK_IDS at most; `lang`: also what the languages say of this thread now. False: there is no room. */
bool depot_keep(uint32_t id, const uintptr_t *pc, unsigned n, bool lang);

/* False: it is not kept, or an object in it may have been unloaded since. What is found stays as it is. */
bool depot_find(uint32_t id, struct frames *out);

/* The line that the trace got of a stack, without its end, for what is written beside the trace. Not kept: past STACK_IDS, and once they fill
 * their room. */
void depot_tell(uint32_t id, const char *line, size_t len);
const char *depot_told(uint32_t id, size_t *len); /* NULL: it is not kept */

/* An object has been unloaded: what is kept can no longer be told apart by its addresses. */
void depot_unloaded(void);

#endif
