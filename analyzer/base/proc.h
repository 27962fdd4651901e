/* What /proc tells of other processes.
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
	bool alive;  /* a thread runs, be it not the main one */
	bool kernel; /* a thread of the kernel itself */
	pid_t parent;
	unsigned long long start; /* clock ticks since boot: with the id, it names one process */
};

/* 0, or -1 when there is no such process. */
int proc_stat(pid_t pid, struct proc_stat *stat);

/* The state's letter, 0 when the process is gone. */
char proc_state(pid_t pid);

/* Whether pid is the ancestor or one of its descendants. */
bool proc_descends(pid_t pid, pid_t ancestor);

/* All of a small file of /proc/PID, NUL-terminated and allocated; NULL when it cannot be read. */
char *proc_read(pid_t pid, const char *file, size_t *size);

/* Inode of the namespace of this process's pid, or -1. */
int64_t proc_pid_namespace(void);

/* The number here of the process that has this id in that namespace; 0: it does not run, or cannot be seen. */
pid_t proc_here(int64_t namespace, pid_t pid, unsigned long long start);

/* Whether the process runs that has this id in that other namespace; PROC_HIDDEN: it may run where this process cannot see it. */
enum proc_presence { PROC_ABSENT, PROC_PRESENT, PROC_HIDDEN };
enum proc_presence proc_find(int64_t namespace, pid_t pid, unsigned long long start);

#endif
