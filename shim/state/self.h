/* The shim's view of this process: whether it is recorded, and its pid.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SELF_H
#define SHIM_SELF_H

#include "shim/arch/arch.h"
#include "shim/state/thread.h"

#include <stdbool.h>

struct process {
	bool on;	  /* recording at all */
	bool follow_exec; /* the next program is traced too */
	int pid;
	int quick_status;  /* the argument of quick_exit */
	bool shares_table; /* a child made now continues with this descriptor table, in memory of its own */
	bool siblings;	   /* another process, not a thread, shares memory and descriptors */
	/* Call if *process_living is not 1. Whether this is the recorded process after all; adopts a child of a fork that no hook saw. */
	bool (*asks)(void);
};

extern struct process process __attribute__((visibility("hidden")));

/* In its first word: 0 in a child, however it was forked, because this page is wiped (madvise(2), MADV_WIPEONFORK); otherwise 1, plus one for
 * each stranger, and PROCESS_OFF if process.on is not set. */
enum { PROCESS_OFF = 1 << 30 };
extern int process_living[ARCH_PAGE / sizeof(int)] __attribute__((visibility("hidden")));

/* Sets `on`. */
static inline void process_turn(bool on)
{
	process.on = on;
	if (on)
		__atomic_fetch_and(process_living, ~PROCESS_OFF, __ATOMIC_ACQ_REL);
	else
		__atomic_fetch_or(process_living, PROCESS_OFF, __ATOMIC_ACQ_REL);
}

/* Whether this is a child in its parent's memory, as made by vfork. The child's mark is also the parent's until its call returns, and a
 * signal handler may run there before: the pid tells them apart. If in doubt, it is the child. */
bool self_is_child(void);
static inline bool self_borrows(void) { return __builtin_expect(thread.vforked > thread.apart, 0) && self_is_child(); }

/* Whether calls here are not recorded: in such a child, or in a thread with a descriptor table of its own. */
static inline bool self_untold(void)
{
	return __builtin_expect(thread.vforked, 0) && (thread.apart || self_is_child());
}

static inline bool process_active(void)
{
	if (!process.on || self_untold())
		return false;
	return __builtin_expect(*process_living == 1, 1) || process.asks();
}

/* The same without asking: false also if it would have to be asked. process_is_plain(): for a thread that is known to be `away`. */
static inline bool process_is_plain(void) { return __builtin_expect(*process_living == 1, 1); }
static inline bool process_surely(void) { return !thread.vforked && process_is_plain(); }

static inline int process_pid(void) { return process.pid; }

#endif
