/* Calls that fail because `socksan explore` tests how the program handles failures. What can fail, and how, is in
 * shim/model/fault.def; shim/hooks/inject.c makes it fail. Without the option `inject` none of this is active: the
 * hooks call the real functions directly.
 *
 * With inject=learn, each place where a call may fail is recorded once, by a `fault` line. With
 * inject=CALL/ERROR/SITE/N, the N-th call there, counted over all processes of the run, fails in that way, and a line
 * records where.
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

/* Reads the option and installs the handlers of deaths.h; for the constructor. Returns false if the option is off or
 * invalid. */
bool fault_arm(void);

/* Returns whether the current call is to fail, and stores how. `fd`: its descriptor; -1: it has none. */
bool fault_here(enum faulty call, int fd, struct fault *out);

/* Take the connection down for both sides: see GONE, RESET and ENDS in fault.def. */
void fault_cut(int fd);
void fault_reset(int fd);
void fault_end(int fd);

#endif
