/* The violations since the last check of the in-test API, socksan.h. Safe in any thread and in signal handlers; no lock, no errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_NOTED_H
#define SHIM_NOTED_H

#include "shim/model/words.h"

#include <stdbool.h>
#include <stdint.h>

/* A violation was recorded; `op` is a literal. */
void check_note(enum violation, const char *op, int fd);

/* Call in a forked child: what was recorded before is the parent's. */
void check_forget(void);

/* The last NOTED_LAST of them are kept, older ones are only counted. */
#define NOTED_LAST 32
struct noted {
	uint64_t turn; /* 1 for the first violation; 0 while it is being written */
	const char *op;
	int fd, violation;
};

/* Takes those in [*first, *last] that no check took before, and returns their number. Concurrent checks share them out. */
uint64_t check_take(uint64_t *first, uint64_t *last);

/* The n-th violation; false if it was overwritten, or is not written yet. */
bool check_look(uint64_t turn, struct noted *);

#endif
