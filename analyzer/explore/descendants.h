/* The descendants of this process, which inherits those whose parents have ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_DESCENDANTS_H
#define SOCKSAN_ANALYZER_DESCENDANTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether any descendant that is younger than `after` is running. */
bool descendants_run(pid_t after);

/* How long that one of them, but for `kept`, has waited for a processor that waited longest, in ns. */
int64_t descendants_waited(pid_t kept);

/* Kills all but `kept` (0: none), and reaps them. */
void descendants_end(pid_t kept);

/* Asks each of their threads, except those of `kept`, where it is, see shim/fault/deaths.h, and gives them time to answer. */
void descendants_ask(pid_t kept);

#endif
