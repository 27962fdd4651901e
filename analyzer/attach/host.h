/* What attaching needs to know of a process, and the reasons why it may be impossible.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_HOST_H
#define SOCKSAN_ANALYZER_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "analyzer/attach/machine.h"
#include "analyzer/attach/remote.h"
#include "shim/model/attach.h"

struct host {
	pid_t pid;
	char *who;	   /* "process 71 (nginx)" */
	const char *below; /* "/proc/71/root" if its root folder or mounts differ from those here, else "" */
	uid_t user;
	gid_t group; /* who owns the files that it creates */
	struct remote_maps maps;
	const char *libc;	      /* the name of its mappings */
	struct machine_places places; /* addresses in libc */
	uint64_t open, error, errno_; /* dlopen, dlerror, __errno_location */
	bool open_is_internal;	      /* __libc_dlopen_mode */
	uint64_t shim;		      /* where the shim is mapped; 0: it is not */
	enum attached attached;
};

/* Returns -1, with a message, if there is no such process, it may not be examined, or nothing can be loaded into it. */
int host_look(struct host *host, pid_t pid) __attribute__((warn_unused_result));

/* Finds the shim in the process, if it is loaded. */
int host_find_shim(struct host *host) __attribute__((warn_unused_result));

/* Explains why ptrace(2) was refused, given its errno. */
void host_complain_of_ptrace(const struct host *host, int error);

void host_free(struct host *host);

#endif
