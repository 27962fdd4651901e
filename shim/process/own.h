/* Private to the files of this room.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROCESS_OWN_H
#define SHIM_PROCESS_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/model/words.h"

/* The history of this process so far. */
struct life_of_process {
	enum how how;
	uint64_t started; /* t of the process line; the inherited sockets follow, 1 ns apart */
	bool ended;
	int unseen; /* the thread that reported, before there was a trace, that something is not recorded; 0: none */
};
extern struct life_of_process own;

/* Whether the trace that starts with this line belongs to this process. */
bool own_trace(const char *first_line);

void own_line(void); /* the `process` line */
void own_unseen_line(
	int tid); /* a `lost` line: something that shares memory or descriptors with this process is not recorded */

/* Whether the pid that the trace has is the kernel's pid of this process. If in doubt, yes. */
bool own_number(void);

/* Whether this thread belongs to the process, so that exiting from it ends the process. */
bool own_thread(void);

#endif
