/* Work with descriptors that the host must not meet: clone(2), unshare(2), close_range(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ERRAND_H
#define SHIM_ERRAND_H

#include <stdbool.h>

/* Which descriptors the work begins with: none, or those of the host, to look at. */
enum errand_table { ERRAND_EMPTY, ERRAND_COPY };

/* Runs work(arg) with a table of descriptors of its own: in a process on this memory that lives for this alone, while this thread waits. A number
 * in the table that all share could be taken by another thread of the host between any two instructions, and what is meant for the file would
 * go into the host's own. Where nobody else has the table, the work is done in place, unless `table_full` holds.
 *
 * The work makes system calls alone, closes what it opens, and has 16 KiB of stack. Signals are blocked meanwhile. Safe in any thread and in
 * signal handlers; no errno. False: it was not run, since no process can be made, or no system call. */
bool errand(void (*work)(void *), void *arg, enum errand_table table, bool table_full);

/* The table has come to be shared with a process, or with a thread that libc does not know of. */
extern bool errand_shared;

/* The first child in a pid namespace is its init, and no other comes to life there once that has ended: none may be made. Asked of the thread,
 * as the main one may have ended. */
bool errand_would_be_init(void);

/* "/proc/" and this process's number there: in an errand, /proc/self is another's. Returns the end. */
enum { ERRAND_PROC = 32 };
char *errand_proc(char path[ERRAND_PROC]);

/* For the constructor. */
void errand_init(char *const *envp);

/* After a fork, in the child. */
void errand_forget(void);

#endif
