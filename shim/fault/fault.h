/* Calls that fail because `socksan explore` wants to see what the program makes of it. What can fail, and how, is in shim/model/fault.def;
 * shim/hooks/inject.c lets it fail. Nothing of this is there unless the option `inject` is: the hooks call the real functions themselves.
 *
 * With inject=learn every place that a call may fail at is told once, by a line `fault`. With inject=CALL/ERROR/SITE/N the N-th call there, counted
 * over all processes of the run, fails so, and a line tells where.
 * No lock, no allocation, safe in signal handlers. No errno.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_FAULT_H
#define SHIM_FAULT_H

#include "shim/model/fault.h"

#include <stdbool.h>

struct fault {
	int error; /* an errno, a result of getaddrinfo(3), FAULT_SHORT or FAULT_END */
	enum fault_effect effect;
};

/* Reads the option, and has deaths by a signal and threads that hang told; for the constructor. False: it is off, or makes no sense. */
bool fault_arm(void);

/* Whether the call at hand is to fail. `fd`: its descriptor; -1: it has none. */
bool fault_here(enum faulty call, int fd, struct fault *out);

/* The connection is over, for both sides: see GONE and ENDS in fault.def. */
void fault_cut(int fd);
void fault_end(int fd);

#endif
