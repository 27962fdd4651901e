/* Private to the files of this room.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_PROCESS_OWN_H
#define SHIM_PROCESS_OWN_H

#include <stdbool.h>
#include <stddef.h>
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

void own_begin(void);	     /* which process this is; for who begins to record it */
void own_mark_alive(void);   /* and what tells it from its children: *process.alive */
void own_forget(void);	     /* what was known of what this process was before */
void own_stamp(int sockets); /* the time of the process line, and of a line for each socket that was there */

struct socket;
void own_inherited_line(int fd, struct socket *, uint64_t t);

/* The table learns what is open at the start: how many of it are judged, and whether any is worth a file, as 0, 1 and 2 are passed on
 * purpose. */
bool adopt_inherited(int *sockets);

/* The same beside other threads, for so many ns: of all numbers in turn what is open and unknown, and how many of that are judged; `told`, with
 * their lines. */
void adopt_from_first(void);
int adopt_next(uint64_t ns, bool told);
bool adopt_left(void);
void adopt_end(void);

/* Whether the trace that starts with this line belongs to this process. */
bool own_trace(const char *first_line);

void own_line(void);		   /* the `process` line */
const char *own_told(size_t *len); /* the same, without its end, once it was written and if it is kept */
void own_unseen_line(
	int tid); /* a `lost` line: something that shares memory or descriptors with this process is not recorded */

/* At its end: says so where the signal of dump_signal did not come to the shim. */
void own_dumps_end(void);
void own_dumps_forget(void); /* in a forked child */

/* Whether the pid that the trace has is the kernel's pid of this process. If in doubt, yes. */
bool own_number(void);

/* Whether this thread belongs to the process, so that exiting from it ends the process. */
bool own_thread(void);

#endif
