/* What this process is to the shim: whether it is recorded, and its number.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SELF_H
#define SHIM_SELF_H

#include "shim/state/thread.h"

#include <stdbool.h>

struct process {
	bool on;	  /* recording at all */
	bool follow_exec; /* the next program is traced too */
	int pid;
	int quick_status;  /* given to quick_exit */
	bool shares_table; /* a child that is made now goes on with this table of descriptors, on memory of its own */
	bool siblings;	   /* a process that is no thread shares memory and descriptors */
	bool (*asks)(
		void); /* *alive is not 1: whether this is the process after all; adopts a child of a fork that no hook saw */
	int *alive; /* zero in a child however it was forked: its page is wiped (madvise(2), MADV_WIPEONFORK). Else 1, and one
			   * more for each stranger. */
};

extern struct process process __attribute__((visibility("hidden")));

/* Whether this is a child on its parent's memory, as vfork makes them. The child's mark is the parent's too, until that is back from its
 * call, and a signal handler may run there before: the number tells. In doubt, it is the child. */
bool self_is_child(void);
static inline bool self_borrows(void) { return __builtin_expect(thread.vforked > thread.apart, 0) && self_is_child(); }

/* Whether what is done here is not told: in such a child, or by a thread with a table of its own. */
static inline bool self_untold(void)
{
	return __builtin_expect(thread.vforked, 0) && (thread.apart || self_is_child());
}

static inline bool process_active(void)
{
	if (!process.on || self_untold())
		return false;
	return __builtin_expect(*process.alive == 1, 1) || process.asks();
}

static inline int process_pid(void) { return process.pid; }

#endif
