/* Whether a process of a trace still runs on this machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ALIVE_H
#define SOCKSAN_ANALYZER_ALIVE_H

#include <stdint.h>

/* MAY_LIVE: on this machine, but not visible from here. CANNOT_TELL: on another machine, or on an unknown one. */
enum alive { ALIVE, GONE, MAY_LIVE, CANNOT_TELL };

/* `start` is the process start time in clock ticks since boot, which distinguishes reused pids; `pidns` the inode of the namespace that pid
 * belongs to, or -1. */
enum alive process_alive(int64_t pid, int64_t pidns, int64_t start, const char *boot, const char *host);

#endif
