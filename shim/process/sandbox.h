/* Seccomp filters, which may kill a process for a system call that its author did not intend: filters the host installs, after which the
 * shim makes no system calls, and filters that the program was started under. seccomp(2).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SANDBOX_H
#define SHIM_SANDBOX_H

#include <stdbool.h>

/* Whether the filter that this program was started under kills for a call that the shim makes. If so, the shim must not start: this reports
 * it on standard error and on the board of SOCKSAN_OPTIONS, and no system call is made from then on. Call in the constructor, before
 * anything else. */
bool sandbox_refuses(const char *text);

/* Call before a system call that installs a filter: for this thread if it is apart, else for the whole process. The shim makes no system
 * calls from here on, unless that call fails. */
enum filter { FILTER_NONE, FILTER_HERE, FILTER_THREADS };
struct sandbox {
	enum filter filter;
	bool all; /* its previous value */
	int here;
};
struct sandbox sandbox_begins(enum filter);
void sandbox_failed(const struct sandbox *);

/* Call in the parent of a vfork child, which ran on this thread's TLS: a filter of the child is not the parent's. `vforked`: the value
 * before the child. */
void sandbox_vforked(int vforked);

/* Call in a forked child, which has the filter of the forking thread. */
void sandbox_forked(void);

#endif
