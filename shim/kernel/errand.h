/* Runs work that opens files, without using a descriptor number of the host: clone(2), unshare(2), close_range(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_ERRAND_H
#define SHIM_ERRAND_H

#include <stdbool.h>

/* The descriptors that the work starts with: none, or copies of the host's. */
enum errand_table { ERRAND_EMPTY, ERRAND_COPY };

/* Runs work(arg) in a short-lived process that shares this memory but has its own descriptor table, and waits for it. In the host's table
 * another thread could close or replace the number at any instant, and the trace would be written to a file of the host. If nothing else
 * shares the table, the work runs in this thread, unless table_full.
 *
 * The work may only make system calls, closes what it opens, and has 16 KiB of stack. It runs with all signals blocked. Safe in any thread
 * and in signal handlers; preserves errno. Returns false if the work did not run: no process can be made, or system calls are off. */
bool errand(void (*work)(void *), void *arg, enum errand_table table, bool table_full);

/* Set once the host shares its table with a process, or with a thread that libc does not know. Never reset. */
extern bool errand_shared;

/* Whether the next child would be the first process of a pid namespace. Its exit would make every later fork there fail with ENOMEM. */
bool errand_would_be_init(void);

/* Writes the path of this process in /proc, since /proc/self names another process in an errand. Returns its end. */
enum { ERRAND_PROC = 32 };
char *errand_proc(char path[ERRAND_PROC]);

/* Call in the constructor. */
void errand_init(char *const *envp);

/* Call in a forked child. */
void errand_forget(void);

#endif
