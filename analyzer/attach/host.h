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
	char *status; /* of /proc */
	/* Why the last check refused it, and what can be done about that; NULL: nothing is known to help. */
	char *why, *advice;
};

/* What is checked, in this order; the last row has no name. */
struct host_check {
	const char *name;
	const char *fine;		/* what is the case if it passes */
	int (*look)(struct host *host); /* -1: refused */
	bool needed;			/* by the checks that follow */
};
extern const struct host_check host_checks[];

/* Makes all checks. Returns -1, with a message, if there is no such process, it may not be examined, or nothing can be loaded into it. */
int host_look(struct host *host, pid_t pid) __attribute__((warn_unused_result));

/* Finds the shim in the process, if it is loaded. Returns -1 if it is one of another version: `why`. */
int host_find_shim(struct host *host) __attribute__((warn_unused_result));

/* Whether the process can open the shim at this path. Returns -1 if not: `why`. */
int host_check_shim(struct host *host, const char *shim) __attribute__((warn_unused_result));

/* Sets `why` given the errno with which ptrace(2) was refused. */
void host_explain_ptrace(struct host *host, int error);

/* Prints `why`, and the advice. */
void host_complain(const struct host *host);

/* The kernel's yama/ptrace_scope: see Documentation/admin-guide/LSM/Yama.rst of Linux. 0: anyone may attach to what is his. */
int yama_scope(void);

void host_free(struct host *host);

#endif
