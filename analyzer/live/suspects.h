/* The places of running processes that seem to leak, by the identity that a census gives them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_SUSPECTS_H
#define SOCKSAN_ANALYZER_SUSPECTS_H

#include <stddef.h>
#include <stdint.h>

struct traced_process;

struct suspected {
	char *identity;
	uint64_t idle; /* those that are idle, of all that are open, in all processes */
};

struct suspects {
	struct suspected *list;
	size_t n, cap;
};

/* `window`: the length of a window in ns. */
void suspects_find(struct suspects *suspects, const struct traced_process *processes, int64_t window);
void suspects_free(struct suspects *suspects);

/* NULL: the place is not suspect. */
const struct suspected *suspects_has(const struct suspects *suspects, const char *identity);

#endif
