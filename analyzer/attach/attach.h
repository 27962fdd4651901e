/* The shim put into a process that runs, and taken out of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ATTACH_H
#define SOCKSAN_ANALYZER_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct attachment {
	char *folder;	  /* of the trace, as it is reached from here; to be freed */
	char *who;	  /* "process 71 (nginx)"; to be freed */
	uint32_t adopted; /* sockets that were open before */
	int64_t kept;	  /* for how long a thread was stopped at most, in ns */
	bool more;	  /* not all of them are adopted yet */
};

/* `shim`: its path; `folder`: for the trace, NULL for one of its own; `options`: as --option gives them, each with a ':' before it. -1, and a
 * message says why. */
int attach(pid_t pid, const char *shim, const char *folder, const char *options, struct attachment *attachment)
	__attribute__((warn_unused_result));

int detach(pid_t pid, struct attachment *attachment) __attribute__((warn_unused_result));

#endif
