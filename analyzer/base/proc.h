/* What /proc says about other processes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_PROC_H
#define SOCKSAN_ANALYZER_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	char name[64];
	char state;  /* R, S, T, Z, ... of the main thread */
	bool alive;  /* some thread is running, not necessarily the main one */
	bool kernel; /* a kernel thread */
	pid_t parent;
	unsigned long long start; /* clock ticks since boot: together with the pid, identifies a process */
};

/* Returns 0, or -1 if there is no such process. */
int proc_stat(pid_t pid, struct proc_stat *stat);

/* The letter of its state, 0 if the process is gone. */
char proc_state(pid_t pid);

/* Whether pid is `ancestor` or one of its descendants. */
bool proc_descends(pid_t pid, pid_t ancestor);

/* The whole of a small file of /proc/PID, NUL-terminated, to be freed; NULL if it cannot be read. */
char *proc_read(pid_t pid, const char *file, size_t *size);

/* Inode of the process's pid namespace, or -1. */
int64_t proc_pid_namespace(void);

/* The pid, in this namespace, of the process that has this id in that one; 0 if it does not run or cannot be seen. */
pid_t proc_here(int64_t namespace, pid_t pid, unsigned long long start);

/* Whether the process with this id in that other namespace runs; PROC_HIDDEN: it may run where this process cannot see it. */
enum proc_presence { PROC_ABSENT, PROC_PRESENT, PROC_HIDDEN };
enum proc_presence proc_find(int64_t namespace, pid_t pid, unsigned long long start);

#endif
