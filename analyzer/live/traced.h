/* Finds the traces of a process, without a signal, a stop or ptrace: the trace is mapped, and /proc says which file that is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACED_H
#define SOCKSAN_ANALYZER_TRACED_H

#include <stddef.h>
#include <sys/types.h>

#include "analyzer/base/int_set.h"

/* The traces of a running process, and of the running processes it started. */
struct traced {
	pid_t pid;
	unsigned long long start; /* together with the pid, it identifies a process */
	char **paths;
	size_t n, cap;
	struct int_set known; /* processes whose trace is among them */
};

/* -1 with a message: there is no such process, it belongs to another user, it is not traced, or has recorded nothing. */
int traced_find(struct traced *traced, pid_t pid) __attribute__((warn_unused_result));

/* Adds those that have started since. */
void traced_look(struct traced *traced);

void traced_free(struct traced *traced);

#endif
