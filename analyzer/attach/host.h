/* What has to be known of a process before it is attached to, and why it may not be.
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
	const char *below; /* "/proc/71/root", where its root folder or its mounts are not those here; else "" */
	uid_t user;
	gid_t group; /* whose files it makes */
	struct remote_maps maps;
	const char *libc;	      /* the name of its mappings */
	struct machine_places places; /* in it */
	uint64_t open, error, errno_; /* dlopen, dlerror, __errno_location */
	bool open_is_internal;	      /* __libc_dlopen_mode */
	uint64_t shim;		      /* where the shim begins; 0: it is not mapped */
	enum attached attached;
};

/* -1, and a message says why: there is no such process, it may not be looked into, or nothing can be loaded into it. */
int host_look(struct host *host, pid_t pid) __attribute__((warn_unused_result));

/* Finds the shim there, if it is loaded by now. */
int host_find_shim(struct host *host) __attribute__((warn_unused_result));

/* Says why ptrace(2) was refused, by errno. */
void host_complain_of_ptrace(const struct host *host, int error);

void host_free(struct host *host);

#endif
