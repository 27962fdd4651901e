/* Loads the shim into a running process, and takes it out again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_ATTACH_H
#define SOCKSAN_ANALYZER_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct attachment {
	char *folder;	  /* of the trace, as reached from here; to be freed */
	char *who;	  /* "process 71 (nginx)"; to be freed */
	uint32_t adopted; /* sockets that were open before */
	int64_t kept;	  /* the longest time for which a thread was stopped, in ns */
	bool more;	  /* not all of them have been adopted yet */
};

/* `shim`: its path; `folder`: for the trace, or NULL for a new one; `options`: as given to --option, each preceded by ':'. Returns -1, with
 * a message, on failure. */
int attach(pid_t pid, const char *shim, const char *folder, const char *options, struct attachment *attachment)
	__attribute__((warn_unused_result));

int detach(pid_t pid, struct attachment *attachment) __attribute__((warn_unused_result));

#endif
