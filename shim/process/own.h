/* What the files of this room share. Private to shim/process.
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
	int unseen; /* the thread that found, before there was a trace, that something is not recorded; 0: none */
};
extern struct life_of_process own;

void own_begin(void);	     /* notes which process this is; call before recording begins */
void own_mark_alive(void);   /* sets *process_living, which is 0 in a forked child */
void own_forget(void);	     /* forgets what was known before a fork or attach */
void own_stamp(int sockets); /* reserves a time for the process line and for a line per inherited socket */

struct socket;
void own_inherited_line(int fd, struct socket *, uint64_t t);

/* Enters what is open at the start. `sockets`: how many of it are judged. Returns whether any of those is worth a file;
 * 0, 1 and 2 are not, since they are passed on purpose. */
bool adopt_inherited(int *sockets);

/* The same while other threads run, in slices of `ns` nanoseconds: adopt_next() enters descriptors that are open and
 * unknown, number by number, and returns how many of them are judged; with `told`, it also writes their lines. */
void adopt_from_first(void);
int adopt_next(uint64_t ns, bool told);
bool adopt_left(void);
void adopt_end(void);

/* Whether the trace that starts with this line belongs to this process. */
bool own_trace(const char *first_line);

void own_line(void);		   /* the `process` line */
const char *own_told(size_t *len); /* the `process` line without its end; NULL if it is not written yet or not kept */
void own_unseen_line(
	int tid); /* a `lost` line: something that shares memory or descriptors with this process is not recorded */

/* At the end of the process: says so if the host handles the signal of dump_signal itself. */
void own_dumps_end(void);
void own_dumps_forget(void); /* in a forked child */

/* Whether the pid in the trace is this process's pid. If in doubt, yes. */
bool own_number(void);

/* Whether this thread belongs to the process, so that its exit ends the process. */
bool own_thread(void);

#endif
