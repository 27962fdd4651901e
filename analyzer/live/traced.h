/* From a process to its traces, without a signal, a stop or ptrace: the trace is mapped, and /proc tells which file that is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_TRACED_H
#define SOCKSAN_ANALYZER_TRACED_H

#include <stddef.h>
#include <sys/types.h>

#include "analyzer/base/int_set.h"

/* The traces of a process that runs, and of those it started that run. */
struct traced {
	pid_t pid;
	unsigned long long start; /* with the pid, it names one process */
	char **paths;
	size_t n, cap;
	struct int_set known; /* processes whose trace is among them */
};

/* -1, and a message says why: there is no such process, it is another user's, it is not traced, or has recorded nothing. */
int traced_find(struct traced *traced, pid_t pid) __attribute__((warn_unused_result));

/* Adds those that have come since. */
void traced_look(struct traced *traced);

void traced_free(struct traced *traced);

#endif
