/* The processes that descend from this one, which inherits those whose parents ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DESCENDANTS_H
#define SOCKSAN_ANALYZER_DESCENDANTS_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether any of them runs that is younger than this one. */
bool descendants_run(pid_t after);

/* Ends them all, but `kept` (0: none), and reaps them. */
void descendants_end(pid_t kept);

/* Asks each thread of them where it is, see shim/fault/deaths.h, and gives them the time to tell; but `kept`. */
void descendants_ask(pid_t kept);

#endif
