/* Finds the traces of a process, without a signal, a stop or ptrace: the trace is mapped, and /proc shows which file that is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACED_H
#define SOCKSAN_ANALYZER_TRACED_H

#include <stddef.h>
#include <sys/types.h>

#include "analyzer/base/int_set.h"

/* The traces of a running process, and of the running processes that it started. */
struct traced {
	pid_t pid;
	unsigned long long start; /* identifies a process together with its pid */
	char **paths;
	size_t n, cap;
	struct int_set known; /* processes whose trace is among them */
};

/* Returns -1, after a message, if there is no such process, it belongs to another user, it is not traced, or it has not recorded anything. */
int traced_find(struct traced *traced, pid_t pid) __attribute__((warn_unused_result));

/* Adds those of processes that have started since. */
void traced_look(struct traced *traced);

/* The newest folder that `socksan attach` made in /tmp for the trace of that process, to be freed; NULL: there is none. */
char *traced_left(pid_t pid);

void traced_free(struct traced *traced);

#endif
